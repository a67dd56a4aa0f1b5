using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// Runs several collectives at once on one machine: of one training step those of different groups, of several jobs, of a load that goes on behind. Stages of a collective follow one
/// another, its flows share links with those of the others fairly.
/// </summary>
/// <remarks>A group stands for all that lie like it, so only the links of that group, and what others put on them, are seen.</remarks>
public sealed class ConcurrentFlows(FlowCollectives collectives)
{
    // Ends that are so close count as one; more rounds than this of a small job behind a large one say nothing new.
    private const double Together = 1e-3;
    private const int MostRounds = 10_000;

    /// <summary>Times of each, in order; null where faults cut some group off.</summary>
    public IReadOnlyList<ConcurrentAnswer>? Run(IReadOnlyList<ConcurrentJob> jobs)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        FlowSet all = new(collectives.Graph);
        Track[] tracks = new Track[jobs.Count];
        for (int job = 0; job < jobs.Count; job++)
        {
            if (collectives.Lay(jobs[job]) is not { } stages)
                return null;
            tracks[job] = new Track(jobs[job].Repeats, stages, all);
        }

        Share(tracks, all);
        ConcurrentAnswer[] answers = new ConcurrentAnswer[jobs.Count];
        for (int job = 0; job < jobs.Count; job++)
        {
            double alone = 0;
            FlowRun run = new();
            foreach (FlowStage stage in tracks[job].Stages)
                alone += stage.Latency + run.Run(stage.Flows).Value + stage.Fill;
            Track track = tracks[job];

            // A load that has not ended a round is as slow as what it has done says.
            double mean = track.Rounds > 0 ? track.LastEnd / track.Rounds : double.NaN;
            answers[job] = new ConcurrentAnswer(jobs[job].Name, new Seconds(alone), new Seconds(double.IsNaN(mean) ? alone : Math.Max(mean, alone)), track.Rounds);
        }

        return answers;
    }

    private static void Share(Track[] tracks, FlowSet all)
    {
        int flows = all.FlowCount;
        bool[] active = new bool[flows];
        double[] left = new double[flows], rates = new double[flows];
        FairShares shares = new();
        double now = 0;
        bool isNew = true;
        foreach (Track track in tracks)
            track.Begin(0);
        while (Array.Exists(tracks, static track => !track.Repeats && !track.IsDone))
        {
            if (isNew)
                shares.Solve(all, active, rates);
            isNew = false;
            double next = double.PositiveInfinity;
            foreach (Track track in tracks)
            {
                if (track.IsDone)
                    continue;
                if (!track.IsMoving)
                {
                    next = Math.Min(next, track.Wakes);
                    continue;
                }

                double first = double.PositiveInfinity;
                for (int flow = track.First; flow < track.End; flow++)
                {
                    if (active[flow])
                        first = Math.Min(first, left[flow] / rates[flow]);
                }

                next = Math.Min(next, now + first);
            }

            if (!double.IsFinite(next))
                throw new InvalidOperationException("collectives at once cannot go on");
            double step = Math.Max(0, next - now) + (Together * Math.Max(0, next - now));
            now += step;
            foreach (Track track in tracks)
            {
                if (track.IsDone)
                    continue;
                if (!track.IsMoving)
                {
                    if (track.Wakes <= now)
                        isNew |= track.Start(active, left, all, now);
                    continue;
                }

                bool moving = false;
                for (int flow = track.First; flow < track.End; flow++)
                {
                    if (!active[flow])
                        continue;
                    left[flow] -= rates[flow] * step;
                    if (left[flow] <= all.Bytes(flow) * 1e-9)
                    {
                        active[flow] = false;
                        isNew = true;
                    }
                    else
                    {
                        moving = true;
                    }
                }

                if (!moving)
                    track.Ended(now, MostRounds);
            }
        }
    }

    /// <summary>Where one collective is.</summary>
    private sealed class Track
    {
        private readonly int[] _firsts;
        private int _stage;

        public Track(bool repeats, IReadOnlyList<FlowStage> stages, FlowSet all)
        {
            Repeats = repeats;
            Stages = stages;
            _firsts = new int[stages.Count + 1];
            for (int stage = 0; stage < stages.Count; stage++)
            {
                _firsts[stage] = all.FlowCount;
                all.Append(stages[stage].Flows);
            }

            _firsts[^1] = all.FlowCount;
        }

        public bool Repeats { get; }

        public IReadOnlyList<FlowStage> Stages { get; }

        public bool IsDone { get; private set; }

        public bool IsMoving { get; private set; }

        /// <summary>When the next stage starts.</summary>
        public double Wakes { get; private set; }

        public double LastEnd { get; private set; }

        public int Rounds { get; private set; }

        public int First => _firsts[_stage];

        public int End => _firsts[_stage + 1];

        public void Begin(double now)
        {
            _stage = 0;
            IsMoving = false;
            IsDone = Stages.Count == 0;
            Wakes = now + (IsDone ? 0 : Stages[0].Latency);
        }

        /// <summary>Puts the flows of the stage on the wire; true where there are any.</summary>
        public bool Start(bool[] active, double[] left, FlowSet all, double now)
        {
            bool any = false;
            for (int flow = First; flow < End; flow++)
            {
                left[flow] = all.Bytes(flow);
                active[flow] = left[flow] > 0;
                any |= active[flow];
            }

            IsMoving = any;
            if (!any)
                Ended(now, int.MaxValue);
            return any;
        }

        public void Ended(double now, int mostRounds)
        {
            IsMoving = false;
            double free = now + Stages[_stage].Fill;
            if (++_stage < Stages.Count)
            {
                Wakes = free + Stages[_stage].Latency;
                return;
            }

            Rounds++;
            LastEnd = free;
            if (Repeats && Rounds < mostRounds)
                Begin(free);
            else
                IsDone = true;
            _stage = IsDone ? Stages.Count - 1 : _stage;
        }
    }
}
