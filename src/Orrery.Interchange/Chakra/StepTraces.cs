using System.Collections.Immutable;
using System.Text;
using Orrery.Catalog;
using Orrery.Engine;
using Orrery.Fabric;
using Orrery.Models;
using Orrery.Training;
using Orrery.Units;

namespace Orrery.Interchange;

/// <summary>
/// Writes a training step as execution traces: a file for each pipeline stage, named after its first rank, which stands for all ranks of the stage. Passes are
/// compute nodes in the order of the schedule, tensor-parallel and expert collectives inside them nodes of their own, hops messages between stages, then the reduction of
/// gradients, the wait for the slowest server, the optimizer and what is fixed.
/// </summary>
/// <remarks>
/// Standard attributes say what every reader needs; ours make a replay exact: <c>orrery_picoseconds</c>, since durations are whole microseconds; <c>orrery_repeats</c>, equal collectives
/// in one node; <c>orrery_exposed</c>, the share of a collective's own time on the system of the step that its rank spends on it, so that on the same system a replay takes as long and on
/// another that system's time; <c>orrery_rendezvous</c>; <c>orrery_world</c> and <c>orrery_count</c>, ranks of the job and of the class; <c>axes</c> of a process group, as strides and degrees.
/// </remarks>
public sealed class StepTraces
{
    /// <summary>What the files begin with.</summary>
    public const string Prefix = "step";

    private static readonly string[] GroupNames = ["tensor", "data", "expert", "expert-data"];

    private const int MostListed = 256;
    private const long NormBytes = 4;
    private const long PicosPerMicro = 1_000_000;

    private readonly TrainingContext _context;
    private readonly Plan _plan;
    private readonly ReplayPrices _prices;
    private readonly int[] _dense;
    private readonly int[] _expert;
    private readonly Dictionary<string, ProcessGroup> _groups = new(StringComparer.Ordinal);
    private readonly List<(int Before, int After)>[] _messages;

    private StepTraces(TrainingContext context, Plan plan, ReplayFabric fabric)
    {
        _context = context;
        _plan = plan;
        _prices = new ReplayPrices(fabric, plan.Ranks);
        if (!RankOrder.TryParse(plan.Order, out RankOrder order, out string problem))
            throw new ArgumentException(problem, nameof(plan));
        int expertData = Math.Max(1, plan.DataParallel * plan.ContextParallel * plan.TensorParallel / (plan.ExpertParallel * plan.ExpertTensorParallel));
        _dense = order.Strides(ParallelAxis.Expert, plan.TensorParallel, plan.ContextParallel, 1, plan.DataParallel, plan.PipelineParallel);
        _expert = order.Strides(ParallelAxis.Context, plan.ExpertTensorParallel, 1, plan.ExpertParallel, expertData, plan.PipelineParallel);
        Define("tensor", (_dense[(int)ParallelAxis.Tensor], plan.TensorParallel));
        Define("data", (_dense[(int)ParallelAxis.Data], plan.DataParallel), (_dense[(int)ParallelAxis.Context], plan.ContextParallel));
        Define("expert", (_expert[(int)ParallelAxis.Expert], plan.ExpertParallel));
        Define("expert-data", (_expert[(int)ParallelAxis.Data], expertData));
        _messages = new List<(int, int)>[plan.PipelineParallel];
        for (int stage = 0; stage < _messages.Length; stage++)
            _messages[stage] = [];
    }

    /// <summary>
    /// Writes the step of a report into <paramref name="folder"/>, made where it is not there, and returns how many files. A folder that cannot be written throws as files do.
    /// </summary>
    /// <param name="context">The context that priced the plan.</param>
    /// <param name="fabric">What a replay on the same system prices communication by.</param>
    public static int Write(string folder, TrainingContext context, Plan plan, ReplayFabric fabric)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(plan);
        if (!context.Steps.Estimate(plan, out _))
            throw new ArgumentException("the layers cannot be laid on the stages", nameof(plan));
        context.Run.Execute(context.Steps, plan);
        StepTraces traces = new(context, plan, fabric);
        traces.FindMessages();
        Directory.CreateDirectory(folder);
        for (int stage = 0; stage < plan.PipelineParallel; stage++)
        {
            using FileStream file = File.Create(Path.Combine(folder, $"{Prefix}.{traces.RankOf(stage)}.et"));
            traces.WriteStage(file, stage);
        }

        return plan.PipelineParallel;
    }

    /// <summary>Traces in the folder that a step of these stages would not write over: a replay would read them with it.</summary>
    public static ImmutableArray<string> Strangers(string folder, Plan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (!Directory.Exists(folder))
            return [];
        int apart = plan.Ranks / plan.PipelineParallel;
        HashSet<string> own = [.. Enumerable.Range(0, plan.PipelineParallel).Select(stage => $"{Prefix}.{stage * apart}.et")];
        return [.. Directory.GetFiles(folder).Select(static file => Path.GetFileName(file))
            .Where(name => !own.Contains(name) && (name.EndsWith(".et", StringComparison.Ordinal) || name.EndsWith(".json", StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal)];
    }

    private int RankOf(int stage) => stage * _dense[(int)ParallelAxis.Pipeline];

    private void Define(string name, params ReadOnlySpan<(int Stride, int Degree)> axes)
    {
        ImmutableArray<GroupAxis>.Builder list = ImmutableArray.CreateBuilder<GroupAxis>();
        foreach ((int stride, int degree) in axes)
        {
            if (degree > 1)
                list.Add(new GroupAxis(stride, degree));
        }

        if (list.Count > 0)
            _groups.Add(name, new ProcessGroup([], list.ToImmutable()));
    }

    /// <summary>Dependencies between stages become messages, by the stage that sends.</summary>
    private void FindMessages()
    {
        TaskGraph graph = _context.Run.Graph;
        foreach ((TaskId before, TaskId after, _) in graph.Dependencies())
        {
            if (graph.Stream(before) != graph.Stream(after))
                _messages[graph.Stream(before).Value].Add((before.Value, after.Value));
        }
    }

    private void WriteStage(Stream file, int stage)
    {
        ChakraWriter writer = new(file);
        writer.WriteMetadata(
            ChakraAttribute.Of("orrery_world", (long)_plan.Ranks), ChakraAttribute.Of("orrery_count", (long)(_plan.Ranks / _plan.PipelineParallel)),
            ChakraAttribute.Of("orrery_ranks_per_chip", (long)_context.Chip.RanksPerChip));

        // Some readers stop at metadata nodes: none where there is nothing to say.
        if (_groups.Count > 0)
            writer.WriteNode(1, "process groups", ChakraNodeType.Metadata, [], [], 0, [], GroupsOf(stage));
        TaskGraph graph = _context.Run.Graph;
        ILookup<int, int> sends = _messages[stage].OrderBy(static m => m.After).ToLookup(static m => m.Before, static m => m.After);
        ILookup<int, int> receives = _messages.SelectMany(static list => list).Where(m => graph.Stream(new TaskId(m.After)).Value == stage)
            .OrderBy(static m => m.Before).ToLookup(static m => m.After, static m => m.Before);
        Chain chain = new(writer);
        for (int index = 0; index < graph.TaskCount; index++)
        {
            TaskId task = new(index);
            if (graph.Stream(task).Value != stage)
                continue;
            long ticks = graph.Duration(task);
            StepTaskKind kind = (StepTaskKind)graph.Kind(task);
            bool isHop = kind == StepTaskKind.Hop;
            foreach (int before in receives[index])
            {
                // A hop is the message that ends it; without hops messages take no time.
                WriteMessage(chain, before, index, graph, isSend: false, isHop ? ticks : 0);
            }

            (int batch, int chunk) = graph.Labels(task);
            if (kind == StepTaskKind.GradientReduction)
                WriteReduction(chain, stage, ticks);
            else if (!isHop)
                WritePass(chain, kind, batch, chunk, ticks);
            foreach (int after in sends[index])
                WriteMessage(chain, index, after, graph, isSend: true, (StepTaskKind)graph.Kind(new TaskId(after)) == StepTaskKind.Hop ? graph.Duration(new TaskId(after)) : 0);
        }

        WriteEnd(chain);
        writer.Flush();
    }

    /// <summary>Both ends are of the same size and share, by which the receiving end is priced.</summary>
    private void WriteMessage(Chain chain, int before, int after, TaskGraph graph, bool isSend, long ticks)
    {
        int from = RankOf(graph.Stream(new TaskId(before)).Value), to = RankOf(graph.Stream(new TaskId(after)).Value);
        double bytes = HopBytes();
        long whole = ReplayProgram.Scale.ToTicks(_prices.Message(from, to, bytes).Time);
        (int batch, int chunk) = graph.Labels(new TaskId(after));
        List<ChakraAttribute> attributes =
        [
            ChakraAttribute.Of("is_cpu_op", false),
            ChakraAttribute.Of("comm_size", (long)bytes),
            ChakraAttribute.Of(isSend ? "comm_dst" : "comm_src", (long)(isSend ? to : from)),
            ChakraAttribute.Of("comm_tag", (long)after),
            ChakraAttribute.Of("orrery_exposed", whole > 0 ? (double)ticks / whole : 0),
            ChakraAttribute.Of("orrery_rendezvous", true),
        ];
        if (isSend)
            chain.Beside($"send {batch} chunk {chunk}", ChakraNodeType.Send, attributes);
        else
            chain.Add($"receive {batch} chunk {chunk}", ChakraNodeType.Receive, attributes);
    }

    private double HopBytes()
    {
        double bytes = (double)_plan.MicroBatch * _plan.Sequence / _plan.ContextParallel * _context.Model.Hidden * ActivationBytes / (_plan.SequenceParallel ? _plan.TensorParallel : 1);
        return Math.Max(1, Math.Floor(bytes));
    }

    private double ActivationBytes => _plan.Precision is NumberFormat.Fp32 or NumberFormat.Tf32 ? 4 : 2;

    /// <summary>A pass: what it computes, then its exposed collectives, which together take as long as the pass does.</summary>
    private void WritePass(Chain chain, StepTaskKind kind, int batch, int chunk, long ticks)
    {
        string name = kind switch
        {
            StepTaskKind.Forward => "forward",
            StepTaskKind.Backward => "backward",
            StepTaskKind.InputGradient => "input gradient",
            StepTaskKind.WeightGradient => "weight gradient",
            _ => "forward and backward",
        };
        bool exchanges = kind is StepTaskKind.Forward or StepTaskKind.Backward or StepTaskKind.InputGradient;
        LayerCost cost = exchanges ? _context.Steps.ChunkCost(chunk) : default;

        // The backward pass repeats the forward one where all is computed again.
        double share = _plan.Recompute == Recompute.Full ? (kind == StepTaskKind.Forward ? 1.0 / 3 : 2.0 / 3) : 0.5;
        long tensor = Part(cost.TensorParallel * share, "tensor", ticks), expert = Part(cost.ExpertParallel * share, "expert", ticks - tensor);
        chain.Compute($"{name} {batch} chunk {chunk}", ticks - tensor - expert);
        double tokens = (double)_plan.MicroBatch * _plan.Sequence / _plan.ContextParallel;
        double bytes = tokens * _context.Model.Hidden * ActivationBytes;
        int layers = Math.Max(1, Layers(chunk));
        if (tensor > 0 && _plan.SequenceParallel)
        {
            long half = tensor / 2;
            WriteCollective(chain, $"gather of {name} {batch} chunk {chunk}", ChakraCollective.AllGather, bytes / _plan.TensorParallel, "tensor", 2 * layers, half);
            WriteCollective(chain, $"scatter of {name} {batch} chunk {chunk}", ChakraCollective.ReduceScatter, bytes, "tensor", 2 * layers, tensor - half);
        }
        else if (tensor > 0)
        {
            WriteCollective(chain, $"reduction of {name} {batch} chunk {chunk}", ChakraCollective.AllReduce, bytes, "tensor", 2 * layers, tensor);
        }

        if (expert > 0)
            WriteCollective(chain, $"exchange of {name} {batch} chunk {chunk}", ChakraCollective.AllToAll, bytes / _plan.TensorParallel * TopK(), "expert", 2 * layers, expert);
    }

    private long Part(double seconds, string group, long room) =>
        seconds > 0 && _groups.ContainsKey(group) ? Math.Clamp(ReplayProgram.Scale.ToTicks(new Seconds(seconds)), 0, room) : 0;

    private int Layers(int chunk)
    {
        int layers = 0;
        for (int kind = 0; kind < _context.Model.LayerKinds.Length; kind++)
            layers += _context.Steps.Layout.Count(chunk, kind);
        return layers;
    }

    private int TopK()
    {
        int most = 1;
        foreach (LayerDescription layer in _context.Model.LayerKinds)
            most = Math.Max(most, layer.FeedForward.TopK);
        return most;
    }

    /// <summary>Gradients of the stage over its data-parallel ranks, and the gathering of weights where the optimizer is shared out.</summary>
    private void WriteReduction(Chain chain, int stage, long ticks)
    {
        double all = _context.Steps.RankParameters(_plan, stage, out double expert);
        double gradient = _plan.GradientBytes(_context.Stack.GradientBytes), weight = _plan.WeightBytes;
        List<(string Name, ChakraCollective Kind, double Bytes, string Group)> list = [];
        foreach ((double parameters, string group) in ((double, string)[])[(all - expert, "data"), (expert, "expert-data")])
        {
            if (parameters < 1 || !_groups.TryGetValue(group, out ProcessGroup? known))
                continue;
            int ranks = known.Axes.Aggregate(1, static (product, axis) => product * axis.Degree);
            if (_plan.Zero == 0)
                list.Add(($"reduction of gradients, {group}", ChakraCollective.AllReduce, parameters * gradient, group));
            else
                list.AddRange([($"scatter of gradients, {group}", ChakraCollective.ReduceScatter, parameters * gradient, group), ($"gather of weights, {group}", ChakraCollective.AllGather, parameters * weight / ranks, group)]);
        }

        if (list.Count == 0)
        {
            chain.Compute("reduction of gradients", ticks);
            return;
        }

        double sum = list.Sum(one => Price(one.Kind, Math.Floor(one.Bytes), one.Group));
        long left = ticks;
        for (int index = 0; index < list.Count; index++)
        {
            (string name, ChakraCollective kind, double bytes, string group) = list[index];
            long own = index == list.Count - 1 ? left : Math.Min(left, (long)Math.Round(ticks * Price(kind, Math.Floor(bytes), group) / sum));
            WriteCollective(chain, name, kind, bytes, group, 1, own);
            left -= own;
        }
    }

    private double Price(ChakraCollective kind, double bytes, string group) => _prices.Collective(kind, Math.Max(1, bytes), _prices.Place(_groups[group], [])).Time.Value;

    private void WriteCollective(Chain chain, string name, ChakraCollective kind, double bytes, string group, int repeats, long ticks)
    {
        double size = Math.Max(1, Math.Floor(bytes));
        double whole = Price(kind, size, group) * repeats * ReplayProgram.Scale.TicksPerSecond;
        chain.Add(name, ChakraNodeType.Collective,
        [
            ChakraAttribute.Of("is_cpu_op", false),
            ChakraAttribute.Of("comm_type", (long)kind),
            ChakraAttribute.Of("comm_size", (long)size),
            ChakraAttribute.Of("pg_name", $"{NumberOf(group)}"),
            ChakraAttribute.Of("orrery_repeats", (long)repeats),
            ChakraAttribute.Of("orrery_exposed", whole > 0 ? ticks / whole : 0),
        ], ticks);
    }

    /// <summary>All stages wait for the last, then for the slowest server; then the optimizer and what is fixed.</summary>
    private void WriteEnd(Chain chain)
    {
        TickScale scale = ReplayProgram.Scale;
        double makespan = _context.Run.Scale.ToSeconds(_context.Run.Times.Makespan).Value;

        // The norm of all gradients is what every rank waits for; its own time is in the optimizer's.
        chain.Add("norm of the gradients", ChakraNodeType.Collective,
        [
            ChakraAttribute.Of("is_cpu_op", false),
            ChakraAttribute.Of("comm_type", (long)ChakraCollective.AllReduce),
            ChakraAttribute.Of("comm_size", NormBytes),
            ChakraAttribute.Of("orrery_exposed", 0.0),
        ]);
        chain.Compute("waiting for the slowest server", scale.ToTicks(new Seconds(makespan * _context.Steps.StragglerShare)));
        chain.Compute("optimizer", scale.ToTicks(new Seconds(_context.Steps.OptimizerTime)));
        chain.Compute("fixed", scale.ToTicks(new Seconds(_context.Steps.FixedTime)));
    }

    /// <summary>Process groups go by whole numbers: other readers take them for such.</summary>
    private static int NumberOf(string group) => Array.IndexOf(GroupNames, group);

    private string GroupsOf(int stage)
    {
        StringBuilder text = new("[");
        foreach ((string name, ProcessGroup group) in _groups.OrderBy(static one => one.Key, StringComparer.Ordinal))
        {
            text.Append(text.Length > 1 ? ", " : "").Append($"{{\"pg_name\": \"{NumberOf(name)}\", \"pg_desc\": \"{name}\", \"ranks\": [");
            long members = group.Axes.Aggregate(1L, static (product, axis) => product * axis.Degree);
            if (members <= MostListed)
                text.AppendJoin(", ", Ranks(RankOf(stage), group.Axes));
            text.Append("], \"axes\": [").AppendJoin(", ", group.Axes.Select(static axis => $"{axis.Stride}, {axis.Degree}")).Append("]}");
        }

        return text.Append(']').ToString();
    }

    private static IEnumerable<int> Ranks(int first, ImmutableArray<GroupAxis> axes)
    {
        IEnumerable<int> ranks = [first];
        foreach (GroupAxis axis in axes)
            ranks = ranks.SelectMany(rank => Enumerable.Range(0, axis.Degree).Select(place => rank + (place * axis.Stride)));
        return ranks.Order();
    }

    /// <summary>The program of one stage: each node behind the one before it.</summary>
    private sealed class Chain(ChakraWriter writer)
    {
        private ulong _next = 2;
        private ulong _last;

        public void Compute(string name, long ticks)
        {
            if (ticks > 0)
                Add(name, ChakraNodeType.Compute, [ChakraAttribute.Of("is_cpu_op", false), ChakraAttribute.Of("orrery_picoseconds", ticks)], ticks);
        }

        public void Add(string name, ChakraNodeType type, List<ChakraAttribute> attributes, long ticks = 0)
        {
            Write(name, type, attributes, ticks);
            _last = _next - 1;
        }

        /// <summary>A node that the next one does not wait for.</summary>
        public void Beside(string name, ChakraNodeType type, List<ChakraAttribute> attributes) => Write(name, type, attributes, 0);

        private void Write(string name, ChakraNodeType type, List<ChakraAttribute> attributes, long ticks)
        {
            ReadOnlySpan<ulong> before = _last > 0 ? [_last] : [];
            writer.WriteNode(_next++, name, type, [], before, (ulong)((ticks + (PicosPerMicro / 2)) / PicosPerMicro), [.. attributes]);
        }
    }
}
