using System.Collections.Immutable;
using Orrery.Engine;

namespace Orrery.Interchange;

/// <summary>
/// Runs a program: a task starts when all it waits for has ended and its stream is free; of those ready, the first in program order goes first. A collective starts
/// when its last member has come and ends for all at once. A message is on its way as soon as it is sent.
/// </summary>
public sealed class ReplayRun
{
    private readonly ReplayProgram _program;
    private readonly EventQueue<Occurrence> _queue = new();
    private readonly int[] _waiting;
    private readonly int[] _childStart;
    private readonly int[] _children;
    private readonly int[] _missing;
    private readonly PriorityQueue<int, int>[] _ready;
    private readonly bool[] _isBusy;
    private readonly RankClock[] _clocks;
    private readonly long[] _start;
    private readonly long[] _end;
    private readonly int[] _receiver;
    private int _left;

    private ReplayRun(ReplayProgram program)
    {
        _program = program;
        int count = program.TaskCount;
        (_childStart, _children) = ChakraTrace.Turn(count, program.ParentStart, program.Parents);
        _waiting = new int[count];
        for (int task = 0; task < count; task++)
            _waiting[task] = program.ParentStart[task + 1] - program.ParentStart[task];
        _missing = new int[program.JointCount];
        for (int joint = 0; joint < _missing.Length; joint++)
            _missing[joint] = program.JointStart[joint + 1] - program.JointStart[joint];
        _ready = new PriorityQueue<int, int>[program.StreamNames.Length];
        for (int stream = 0; stream < _ready.Length; stream++)
            _ready[stream] = new PriorityQueue<int, int>();
        _isBusy = new bool[_ready.Length];
        _clocks = new RankClock[program.Set.Traces.Length];
        _start = new long[count];
        _end = new long[count];
        _receiver = new int[count];
        Array.Fill(_start, -1);
        Array.Fill(_end, -1);
        Array.Fill(_receiver, -1);
        for (int task = 0; task < count; task++)
        {
            if (program.Sender[task] >= 0)
                _receiver[program.Sender[task]] = task;
        }

        _left = count;
    }

    /// <summary>Start of each task in ticks; -1 for one that never came to run.</summary>
    public ReadOnlySpan<long> Start => _start;

    /// <summary>End of each task, likewise.</summary>
    public ReadOnlySpan<long> End => _end;

    /// <summary>False where ranks wait for one another; <see cref="Deadlock"/> says who for whom.</summary>
    public bool IsCompleted => _left == 0;

    /// <summary>End of the last task.</summary>
    public long Makespan => _queue.Now;

    /// <summary>The circle in which tasks wait, each for the next and the last for the first; empty for a run that completed.</summary>
    public ImmutableArray<int> Deadlock { get; private set; } = [];

    internal ReadOnlySpan<RankClock> Clocks => _clocks;

    /// <summary>Runs a program to its end, or until nothing can go on.</summary>
    public static ReplayRun Execute(ReplayProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        ReplayRun run = new(program);
        run.Execute();
        return run;
    }

    private void Execute()
    {
        for (int task = 0; task < _waiting.Length; task++)
        {
            if (_waiting[task] == 0)
                Offer(task, 0);
        }

        while (_queue.TryTake(out ScheduledEvent<Occurrence> next))
        {
            if (next.Payload.IsStream)
                StartNext(next.Payload.Number, next.Time);
            else
                Finish(next.Payload.Number, next.Time);
        }

        for (int rank = 0; rank < _clocks.Length; rank++)
            _clocks[rank].Advance(_queue.Now);
        if (_left > 0)
            Deadlock = ReplayDeadlock.Find(_program, _end);
    }

    /// <summary>All that a task waits for has ended.</summary>
    private void Offer(int task, long now)
    {
        int joint = _program.Joint[task];
        if (joint >= 0)
        {
            if (--_missing[joint] == 0)
                StartJoint(joint, now);
            return;
        }

        int stream = _program.Stream[task];
        if (stream < 0)
        {
            _start[task] = now;
            _queue.Schedule(now, EventPriority.Completion, new Occurrence(task, IsStream: false));
            return;
        }

        _ready[stream].Enqueue(task, _program.Place[task]);

        // Starts come after all ends of the tick, so that the choice sees everything that is ready.
        if (!_isBusy[stream])
            _queue.Schedule(now, EventPriority.Start, new Occurrence(stream, IsStream: true));
    }

    private void StartNext(int stream, long now)
    {
        if (_isBusy[stream] || !_ready[stream].TryDequeue(out int task, out _))
            return;
        _isBusy[stream] = true;
        _start[task] = now;
        Begin(_program.TraceOf[task], _program.Kind[task], now);
        int receiver = _receiver[task];
        if (receiver >= 0)
            Begin(_program.TraceOf[receiver], ReplayTaskKind.Communication, now);
        _queue.Schedule(now + _program.Duration[task], EventPriority.Completion, new Occurrence(task, IsStream: false));
    }

    private void StartJoint(int joint, long now)
    {
        for (int at = _program.JointStart[joint]; at < _program.JointStart[joint + 1]; at++)
        {
            int task = _program.JointMembers[at];
            _start[task] = now;
            Begin(_program.TraceOf[task], ReplayTaskKind.Communication, now);
            _queue.Schedule(now + _program.Duration[task], EventPriority.Completion, new Occurrence(task, IsStream: false));
        }
    }

    private void Finish(int task, long now)
    {
        _end[task] = now;
        _left--;
        int stream = _program.Stream[task];
        if (stream >= 0 || _program.Joint[task] >= 0)
            Cease(_program.TraceOf[task], _program.Kind[task], now);
        int receiver = _receiver[task];
        if (receiver >= 0)
            Cease(_program.TraceOf[receiver], ReplayTaskKind.Communication, now);
        ref RankClock clock = ref _clocks[_program.TraceOf[task]];
        clock.Last = Math.Max(clock.Last, now);
        if (stream >= 0)
        {
            _isBusy[stream] = false;
            if (_ready[stream].Count > 0)
                _queue.Schedule(now, EventPriority.Start, new Occurrence(stream, IsStream: true));
        }

        for (int at = _childStart[task]; at < _childStart[task + 1]; at++)
        {
            int child = _children[at];
            if (--_waiting[child] == 0)
                Offer(child, now);
        }
    }

    private void Begin(int rank, ReplayTaskKind kind, long now)
    {
        _clocks[rank].Advance(now);
        _clocks[rank].Change(kind, 1);
    }

    private void Cease(int rank, ReplayTaskKind kind, long now)
    {
        _clocks[rank].Advance(now);
        _clocks[rank].Change(kind, -1);
    }

    /// <summary>The end of a task, or a stream that may start its next.</summary>
    private readonly record struct Occurrence(int Number, bool IsStream);
}
