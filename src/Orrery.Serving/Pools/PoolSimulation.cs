namespace Orrery.Serving;

/// <summary>
/// Runs requests through a pool of engines of prompts, the link, and a pool of engines of answers. Everything that one engine does to another happens in
/// order of time, to the picosecond: the next to act is always the earliest of an arrival, a prompt that is done, or an engine's next iteration.
/// </summary>
/// <remarks>
/// A prompt that is done waits with its blocks until an engine of answers has a place and blocks (<see cref="KvMoment.After"/>) and its transfer is over; so
/// a full decode pool stops the prefill pool. Engines of answers that hold nobody up are brought forward only when they are needed.
/// Equal instants: arrivals, then prompts that are done, by number; then engines of prompts, then of answers, by number. One thread.
/// </remarks>
public sealed class PoolSimulation : RequestFlow
{
    private readonly RequestBook book;
    private readonly Replica[] prompts;
    private readonly Replica[] answers;
    private readonly KvLink link;
    private readonly KvCargo cargo;
    private readonly PoolRules rules;
    private readonly RequestSource source;
    private readonly ArrivalHeap handed = new();
    private readonly int[] engineOf;
    private readonly long[] thereAt;
    private readonly Course[] courses;
    private long dealt;
    private long passed;

    /// <summary>Engines with empty caches; nothing runs yet.</summary>
    /// <param name="prompts">Makes an engine of prompts, by number, for this flow.</param>
    /// <param name="answers">The same for answers.</param>
    /// <param name="clients">Requests kept in flight; 0 where requests come by themselves.</param>
    /// <param name="clientDelay">Ticks from an answer to the client's next request.</param>
    public PoolSimulation(
        RequestBook book, int promptEngines, Func<int, RequestFlow, Replica> prompts, int answerEngines, Func<int, RequestFlow, Replica> answers,
        KvLink link, KvCargo cargo, PoolRules rules, int clients = 0, long clientDelay = 0)
    {
        this.book = book;
        this.link = link;
        this.cargo = cargo;
        this.rules = rules;
        source = new RequestSource(book.Trace, clients, clientDelay);
        this.prompts = new Replica[promptEngines];
        this.answers = new Replica[answerEngines];
        for (int engine = 0; engine < promptEngines; engine++)
            this.prompts[engine] = prompts(engine, this);
        for (int engine = 0; engine < answerEngines; engine++)
            this.answers[engine] = answers(engine, this);
        engineOf = new int[book.Count];
        thereAt = new long[book.Count];
        courses = rules.Moment == KvMoment.Layers ? new Course[book.Count] : [];
    }

    public ReadOnlySpan<Replica> Prompts => prompts;

    public ReadOnlySpan<Replica> Answers => answers;

    public PoolTimes Times { get; } = new();

    /// <summary>Runs until every request has ended.</summary>
    public void Run()
    {
        while (true)
        {
            long arrival = source.NextTime;
            long done = handed.NextTime;
            Replica? first = null;
            long begin = long.MaxValue;
            long second = long.MaxValue;
            foreach (Replica engine in prompts)
                Find(engine);
            foreach (Replica engine in answers)
            {
                if (engine.Queued > 0 || source.Waits)
                    Find(engine);
            }

            if (arrival <= done && arrival <= begin && arrival != long.MaxValue)
                Arrive(arrival);
            else if (done <= begin && done != long.MaxValue)
                Route(handed.Take(out long time), time);
            else if (first is not null)
                // A span may not go beyond what others may still do to its engine, be it over a prompt that their room lets begin.
                first.StepOnce(Math.Max(Math.Min(second, Math.Min(arrival, done)), begin + 1));
            else
                break;

            void Find(Replica engine)
            {
                long time = engine.NextTime;
                if (time < begin)
                    (first, begin, second) = (engine, time, begin);
                else
                    second = Math.Min(second, time);
            }
        }

        foreach (Replica engine in answers)
            engine.Drain();
        if (book.Finished + book.Refused != book.Count)
            throw new InvalidOperationException($"{book.Count - book.Finished - book.Refused} requests never ended");
    }

    /// <inheritdoc/>
    public override void Began(Replica engine, int request, long time)
    {
        if (rules.Moment != KvMoment.Layers)
            return;
        courses[request] = new Course { Began = time, Made = Unknown, Room = Unknown };
        Choose(request, time).Enqueue(request, time);
    }

    /// <inheritdoc/>
    public override long HandOver(Replica engine, int request, long time)
    {
        // The end of an iteration lies ahead of what other engines have done.
        engineOf[request] = engine.Number;
        handed.Add(time, request);
        return Unknown;
    }

    /// <inheritdoc/>
    public override long Receive(Replica engine, int request, long time)
    {
        if (rules.Moment == KvMoment.After)
        {
            Times.WaitingForRoom += time - thereAt[request];
            return Ship(engine, request, time, time, time);
        }

        ref Course course = ref courses[request];
        course.Room = time;
        course.Engine = engine.Number;
        if (course.Made == Unknown)
            return Unknown;
        Times.WaitingForRoom += time - course.Made;
        return Ship(engine, request, time, course.Made, time);
    }

    /// <inheritdoc/>
    public override void Ended(Replica engine, int request, long time)
    {
        int made = book.Trace.Outputs[request] - (rules.AnswersBegin ? 0 : 1);
        if (made > 0)
            Times.PerToken += (time - thereAt[request]) / (double)made;
        source.Answered(request, time);
    }

    private void Arrive(long time)
    {
        int request = source.Take();
        Replica chosen = prompts[rules.PromptRouter.Choose(request, dealt++, prompts)];
        // Known at once, so that nobody asks again in the past.
        if (!chosen.CanHold(request) || !answers[0].CanHold(request))
        {
            book.Arrive(request, time);
            book.Refuse();
            source.Answered(request, time);
            return;
        }

        chosen.Enqueue(request, time);
    }

    /// <summary>A prompt is done: its engine of answers is chosen, or was, and its keys and values go when there is room.</summary>
    private void Route(int request, long time)
    {
        if (rules.Moment == KvMoment.After)
        {
            thereAt[request] = time;
            Choose(request, time).Enqueue(request, time);
            return;
        }

        ref Course course = ref courses[request];
        course.Made = time;
        if (course.Room == Unknown)
            return;
        Replica engine = answers[course.Engine];
        engine.Arrives(request, Ship(engine, request, Math.Max(course.Began, course.Room), time, time));
    }

    private Replica Choose(int request, long time)
    {
        if (rules.AnswerRouter.LooksAtReplicas)
        {
            foreach (Replica engine in answers)
                engine.AdvanceTo(time);
        }

        Replica chosen = answers[rules.AnswerRouter.Choose(request, passed++, answers)];
        chosen.AdvanceTo(time);
        return chosen;
    }

    private long Ship(Replica receiver, int request, long begin, long made, long known)
    {
        long bytes = cargo.Bytes(book.Trace.Inputs[request]);
        long last = rules.Moment == KvMoment.Layers ? cargo.OfLayer(bytes) : 0;
        int sender = Port(engineOf[request], rules.PromptLanes, rules.PromptGroups, request);
        int end = Port(receiver.Number, rules.AnswerLanes, rules.AnswerGroups, request);
        long there = Math.Max(known, link.Send(sender, end, bytes, begin, made, last));
        thereAt[request] = there;
        Times.Transfers++;
        Times.Moving += there - known;
        Times.LongestMove = Math.Max(Times.LongestMove, there - known);
        prompts[engineOf[request]].Leaves(request, there);
        return there;
    }

    /// <summary>The ports of a request: of its replica, of which stages are lanes, and there of the group of ranks that attends for it.</summary>
    private static int Port(int engine, int lanes, int groups, int request) => (engine / lanes * groups) + (request % groups);

    /// <summary>How far a request is whose keys and values go while its prompt is worked on.</summary>
    private struct Course
    {
        public long Began;
        public long Made;
        public long Room;
        public int Engine;
    }
}
