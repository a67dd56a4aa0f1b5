using Orrery.Catalog;
using Orrery.Chips;
using Orrery.Fabric;
using Orrery.Models;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Training;

/// <summary>
/// Prices one layer, the vocabulary head and the embedding on one rank: operators on the chip, collectives on their groups, host time
/// beside device time. Memoises per operator; allocates nothing after the first call with a shape.
/// </summary>
/// <remarks>
/// Host and device run side by side, so a pass takes the smooth maximum of the two, never the sum. Dropless routing reads counts back,
/// so its host time is added. Source of the form: measured Megatron-DeepSpeed and Megatron-Bridge steps; see docs/accuracy.md.
/// </remarks>
public sealed class LayerCoster(ModelArchitecture model, ChipModel chip, CollectiveModel fabric, StackConstants constants, string scaleOutLevel, bool skipsLastProduct = false)
{
    private readonly Dictionary<Operator, OperatorCost> costs = new(512);
    private readonly Dictionary<(Collective, RankGroup), CollectiveCost> collectives = new(256);
    private readonly Dictionary<RankGroup, RankGroup> insides = new(16);
    private RecomputeCost? recomputing;
    private readonly LayerOperator[] buffer = new LayerOperator[LayerOperators.Capacity];
    private readonly double memoryBandwidth = chip.Chip.MemoryBandwidth.Value.Value / chip.RanksPerChip;
    private readonly double sixteenBitPeak = chip.Chip.Peak.TryGetValue(NumberFormat.Bf16, out Sourced<FlopPerSecond>? peak) ? peak.Value.Value / chip.RanksPerChip : 0;

    /// <summary>
    /// Isolated time of a collective in seconds, from the memo when known. What the scale-out network limits runs at the share of its line rate
    /// that the stack achieves.
    /// </summary>
    public double CollectiveTime(CollectiveKind kind, double bytes, RankGroup group)
    {
        if (group.Size <= 1 || bytes <= 0)
            return 0;
        CollectiveCost cost = CollectiveCost(kind, bytes, group);
        if (!string.Equals(cost.Bottleneck, scaleOutLevel, StringComparison.Ordinal))
            return cost.Time.Value;
        return cost.Latency.Value + ((cost.Time.Value - cost.Latency.Value) / constants[StackConstant.NicShare]);
    }

    private CollectiveCost CollectiveCost(CollectiveKind kind, double bytes, RankGroup group)
    {
        var collective = new Collective(kind, new Bytes(bytes));
        if (!collectives.TryGetValue((collective, group), out CollectiveCost cost))
        {
            cost = fabric.Cost(collective, group);
            collectives[(collective, group)] = cost;
        }

        return cost;
    }

    /// <summary>Cost of one layer of kind <paramref name="layer"/> without sharded weights.</summary>
    public LayerCost Layer(LayerDescription layer, Plan plan, PlacedGroups groups)
    {
        LayerShape shape = Shape(plan);
        int count = LayerOperators.Fill(model, layer, shape, buffer);
        bool isRouted = layer.FeedForward.Experts > 0;
        bool isFusedRouting = isRouted && IsSyncFree(plan.Precision);
        LayerCost cost = default;
        double forward = 0;
        double backward = 0;
        double attentionForward = 0;
        double attentionBackward = 0;
        double forwardMatrix = 0;
        double backwardMatrix = 0;
        double forwardBytes = 0;
        double backwardBytes = 0;
        double lastProduct = 0;
        double weightGradient = 0;
        for (int i = 0; i < count; i++)
        {
            ref readonly LayerOperator entry = ref buffer[i];
            double time = Time(entry, isFusedRouting, out double matrix, out double bytes);
            switch (entry.Role)
            {
                case OperatorRole.Forward:
                case OperatorRole.ElementwiseForward:
                case OperatorRole.QuantiseForward:
                    if (entry.Role == OperatorRole.Forward)
                        lastProduct = time;
                    forward += time;
                    forwardMatrix += matrix;
                    forwardBytes += bytes;
                    break;
                case OperatorRole.AttentionForward:
                case OperatorRole.ScoreForward:
                    attentionForward += time;
                    forwardMatrix += matrix;
                    forwardBytes += bytes;
                    break;
                case OperatorRole.AttentionBackward:
                case OperatorRole.ScoreBackward:
                    attentionBackward += time;
                    backwardMatrix += matrix;
                    backwardBytes += bytes;
                    break;
                default:
                    if (entry.Role == OperatorRole.WeightGradient)
                        weightGradient += time;
                    backward += time;
                    backwardMatrix += matrix;
                    backwardBytes += bytes;
                    break;
            }
        }

        if (isRouted && !isFusedRouting)
        {
            double tokens = shape.Tokens / shape.TensorParallel * layer.FeedForward.TopK * shape.ExpertTensorParallel * shape.ExpertLoad;
            forward += tokens * constants[StackConstant.RoutedTokenTime];
            backward += tokens * constants[StackConstant.RoutedTokenTime];
        }

        if (plan.HasFrozenWeights)
        {
            double adapters = AdapterTime(layer, shape);
            forward += adapters;
            backward += 1.5 * adapters;
        }

        if (plan.ContextParallel > 1 && !plan.IsContextBalanced)
        {
            double load = plan.ContextLayout.UnbalancedLoad(plan, layer.Attention);
            attentionForward *= load;
            attentionBackward *= load;
        }

        forward += attentionForward;
        backward += attentionBackward;
        if (shape.ActivationBytes < 4)
        {
            double slow = 1 + (constants[StackConstant.IsImmature] * constants[StackConstant.ImmatureSlowdown]);
            forward *= slow;
            backward *= slow;
            attentionForward *= slow;
            weightGradient *= slow;
            lastProduct *= slow;
        }

        // No gradient needs the result of a dense layer's last product, so a compiler that sees the whole pass leaves it out. Routed experts'
        // results are needed, for the gradient of the router.
        bool skips = skipsLastProduct && layer.FeedForward.Experts == 0;
        double recompute = plan.Recompute switch
        {
            Recompute.Full => forward - (skips ? lastProduct : 0),
            // The gradient of a fused kernel rebuilds its scores by itself, so selective recomputation costs nothing there.
            Recompute.Selective => plan.Attention == AttentionKernel.Unfused ? attentionForward : 0,
            Recompute.Modules => (recomputing ??= new RecomputeCost(model, this)).Time(layer, shape, plan.RecomputeModules, attentionForward),
            _ => 0,
        };
        // What of the exchange and of the host's work is done again with the parts that run again.
        double again = plan.Recompute == Recompute.Modules && forward > 0 ? Math.Min(1, recompute / forward) : 0;
        bool redoesFeed = plan.Recompute == Recompute.Modules && RecomputeCost.IsWhole(layer.FeedForward, plan.RecomputeModules);
        bool isFull = plan.Recompute == Recompute.Full;

        double tensor = TensorParallelPass(layer, shape, plan, groups);
        double tensorForward = tensor;
        double tensorBackward = isFull ? (skips ? 1.5 : 2) * tensor : redoesFeed ? tensor * (1 + (0.5 / layer.Blocks)) : tensor;
        ContextWork work = ContextWorkOf(layer, shape, plan, groups);
        bool isSplit = work.Ranks > 1;
        double context = isSplit ? plan.ContextLayout.ExposedForward(work with { Attention = attentionForward }) : 0;
        double contextBackward = isSplit ? plan.ContextLayout.ExposedBackward(work with { Attention = attentionBackward }) : 0;
        double expert = ExpertParallelPass(layer, shape, groups);
        bool exchangesAgain = isFull || redoesFeed;
        double expertBackward = exchangesAgain ? 2 * expert : expert;
        if (plan.OverlapsExperts)
        {
            double slow = constants[StackConstant.OverlapSlowdown];
            expert = Besides(expert, forward, slow);
            expertBackward = Besides(expertBackward, backward + recompute, slow);
        }

        // Experts of a fixed capacity have fixed shapes: the host has no counts to wait for.
        bool waits = isRouted && !isFusedRouting && plan.CapacityFactor <= 0;
        double sync = waits ? constants[StackConstant.HostSyncPerMoeLayer] : 0;

        double hostTensor = constants[StackConstant.HostTensorParallel] * Math.Pow(Math.Min(plan.TensorParallel, 8) / 8.0, 3);
        if (plan.TensorParallel == 1)
            hostTensor = 0;
        double routedHost = waits ? constants[StackConstant.HostMoeFloor] : 0;
        double hostForward = constants[StackConstant.HostForwardPerLayer] + hostTensor + routedHost;
        double hostBackward = constants[StackConstant.HostBackwardPerLayer] + hostTensor + routedHost + (isFull ? hostForward : again * hostForward);
        double deviceForward = forward + tensorForward + context + expert;
        double deviceBackward = backward + recompute + tensorBackward + contextBackward + expertBackward;
        double p = constants[StackConstant.SmoothExponent];
        cost.Forward = SmoothMaximum(deviceForward, hostForward, p) + sync;
        cost.Backward = SmoothMaximum(deviceBackward, hostBackward, p) + (exchangesAgain ? 2 * sync : sync);
        cost.WeightGradient = deviceBackward > 0 ? cost.Backward * weightGradient / deviceBackward : 0;
        cost.ForwardExchange = expert;
        cost.BackwardExchange = expertBackward;
        cost.Attention = attentionForward + attentionBackward;
        cost.Compute = forward + backward;
        cost.Recompute = recompute;
        cost.TensorParallel = tensorForward + tensorBackward;
        cost.ContextParallel = context + contextBackward;
        cost.ExpertParallel = expert + expertBackward;
        cost.Overhead = cost.Forward + cost.Backward - deviceForward - deviceBackward;
        cost.MatrixBusy = (forwardMatrix * (isFull ? 2 : 1 + again)) + backwardMatrix;
        cost.MemoryBytes = (forwardBytes * (isFull ? 2 : 1 + again)) + backwardBytes;
        return cost;
    }

    /// <summary>
    /// The vocabulary projection and loss on the last stage: three products and the traffic of the logits, beside the host's work on a micro-batch.
    /// A third is forward.
    /// </summary>
    public LayerCost Head(Plan plan, int paddedVocabulary)
    {
        LayerCost cost = default;
        double tokens = (double)plan.MicroBatch * plan.Sequence / plan.ContextParallel * model.LossPositionFraction;
        long rows = Math.Max(1, (long)Math.Ceiling(tokens));
        long width = (long)Math.Ceiling(paddedVocabulary / (double)plan.TensorParallel);
        NumberFormat format = plan.Precision is NumberFormat.Fp32 or NumberFormat.Tf32 or NumberFormat.Fp16 ? plan.Precision : NumberFormat.Bf16;
        double products = Time(new LayerOperator(Operator.Matmul(rows, width, model.Hidden, format), OperatorRole.Forward, false), out double m1, out double b1)
            + Time(new LayerOperator(Operator.Matmul(rows, model.Hidden, width, format), OperatorRole.InputGradient, false), out double m2, out double b2);
        if (!plan.HasFrozenWeights)
        {
            double weights = Time(new LayerOperator(Operator.Matmul(width, model.Hidden, rows, format), OperatorRole.WeightGradient, false), out double m3, out double b3);
            products += weights;
            cost.WeightGradient = weights;
            cost.MatrixBusy += m3;
            cost.MemoryBytes += b3;
        }

        double lossBytes = tokens * width * constants[StackConstant.LossBytes] * (format is NumberFormat.Fp32 ? 2 : 1);
        double loss = MemoryTime(lossBytes);
        cost.Compute = products + loss;
        cost.MatrixBusy += m1 + m2;
        cost.MemoryBytes += b1 + b2 + lossBytes;
        double whole = SmoothMaximum(cost.Compute, constants[StackConstant.HostPerMicroBatch], constants[StackConstant.SmoothExponent]);
        cost.Forward = whole / 3;
        cost.Backward = whole - cost.Forward;
        cost.Overhead = whole - cost.Compute;
        cost.WeightGradient = Math.Min(cost.WeightGradient, cost.Backward);
        return cost;
    }

    /// <summary>Looking up token embeddings and scattering their gradients, on the first stage.</summary>
    public LayerCost Embedding(Plan plan)
    {
        LayerCost cost = default;
        double tokens = (double)plan.MicroBatch * plan.Sequence / plan.ContextParallel;
        double bytes = tokens * model.Hidden * 2 * 3;
        double time = MemoryTime(bytes);
        cost.Forward = time / 3;
        cost.Backward = time - cost.Forward;
        // Nothing stands before the embedding: its gradient is all of weights.
        cost.WeightGradient = cost.Backward;
        cost.Compute = time;
        cost.MemoryBytes = bytes;
        return cost;
    }

    /// <summary>
    /// Products outside the layers: patches, time steps, projectors. What stands before the layers learns too, but its first product needs no gradient
    /// of pixels; that is not worth telling apart.
    /// </summary>
    public LayerCost Sides(Plan plan, bool areAtEnd)
    {
        LayerShape shape = Shape(plan);
        int count = LayerOperators.FillSides(model, areAtEnd, shape, buffer);
        LayerCost cost = default;
        for (int i = 0; i < count; i++)
        {
            double time = Time(buffer[i], out double matrix, out double bytes);
            if (buffer[i].Role is OperatorRole.Forward or OperatorRole.QuantiseForward)
                cost.Forward += time;
            else
                cost.Backward += time;
            cost.MatrixBusy += matrix;
            cost.MemoryBytes += bytes;
        }

        cost.Compute = cost.Forward + cost.Backward;
        return cost;
    }

    /// <summary>Casting the <paramref name="parameters"/> weights of a rank for the next step, both ways round; frozen ones were cast once and for all.</summary>
    public double CastTime(double parameters, Plan plan) =>
        plan.Precision.IsQuantised() && !plan.HasFrozenWeights && parameters > 0 ? Cost(Operator.Quantise(parameters, 2, plan.Precision)).Execution.Value : 0;

    /// <summary>
    /// The update of <paramref name="parameters"/> parameters on one rank, casts and clipping included. The stack's traffic of a parameter is with moments
    /// of FP32, read and written, and its own gradients, read.
    /// </summary>
    public double OptimizerTime(double parameters, Plan plan, double stackGradientBytes)
    {
        if (parameters <= 0)
            return 0;
        double narrower = (4 * (4 - plan.MomentBytes)) + (plan.Gradients is null ? 0 : stackGradientBytes - plan.GradientBytes(stackGradientBytes));
        double bytes = parameters * (constants[StackConstant.OptimizerBytes] - narrower);
        return constants[StackConstant.ElementwiseShare] > 0 ? MemoryTime(bytes) : Cost(Operator.Optimizer(parameters, bytes)).Execution.Value;
    }

    /// <summary>(a^p + b^p)^(1/p): the longer of two things that run side by side, a little more when they are close.</summary>
    public static double SmoothMaximum(double left, double right, double exponent)
    {
        double larger = Math.Max(left, right);
        double smaller = Math.Min(left, right);
        // Below a fiftieth the correction is under 1e-6 for every exponent allowed.
        if (larger <= 0 || smaller < 0.02 * larger)
            return larger;
        return larger * Math.Pow(1 + Math.Pow(smaller / larger, exponent), 1 / exponent);
    }

    /// <summary>Device time of one operator of a layer.</summary>
    internal double TimeOf(in LayerOperator entry) => Time(entry, out _, out _);

    /// <summary>Device time of a forward product.</summary>
    internal double Product(long rows, long width, long depth, NumberFormat format) =>
        TimeOf(new LayerOperator(Operator.Matmul(rows, width, depth, format), OperatorRole.Forward, false));

    /// <summary>Device time of element-wise work that moves <paramref name="bytes"/> in <paramref name="kernels"/> kernels.</summary>
    internal double Streaming(double bytes, int kernels) =>
        bytes <= 0 ? 0 : (MemoryTime(bytes) * constants[StackConstant.ElementwiseScale]) + (kernels * constants[StackConstant.KernelGap]);

    /// <summary>What of communication shows that runs beside computation: what does not fit there, and the slowdown by what does.</summary>
    private static double Besides(double communication, double computation, double slow)
    {
        double hidden = Math.Min(communication, computation);
        return communication - hidden + (Math.Min(1, slow) * hidden);
    }

    private double MemoryTime(double bytes)
    {
        if (bytes <= 0)
            return 0;
        double share = constants[StackConstant.ElementwiseShare];
        return share > 0 ? bytes / (memoryBandwidth * share) : Cost(Operator.Elementwise(bytes, bytes / 4, 1)).Execution.Value;
    }

    private OperatorCost Cost(in Operator work)
    {
        if (costs.TryGetValue(work, out OperatorCost known))
            return known;
        OperatorCost fresh = chip.Cost(work);
        costs[work] = fresh;
        return fresh;
    }

    private double Time(in LayerOperator entry, out double matrixBusy, out double bytes) => Time(entry, isFusedRouting: false, out matrixBusy, out bytes);

    private double Time(in LayerOperator entry, bool isFusedRouting, out double matrixBusy, out double bytes)
    {
        Operator work = entry.Work;
        // Latent attention has kernels, and constants on its chip, of its own.
        if (!work.IsLatent && work.Kind is OperatorKind.AttentionForward or OperatorKind.AttentionBackward && constants[StackConstant.AttentionShare] > 0 && sixteenBitPeak > 0)
            return FusedAttentionTime(work, out matrixBusy, out bytes);

        OperatorCost cost = Cost(work);
        bytes = cost.MemoryBytes.Value;
        matrixBusy = cost.MatrixBusy.Value;
        double streaming = work.Kind == OperatorKind.Elementwise && constants[StackConstant.ElementwiseShare] > 0
            ? work.MemoryBytes / (memoryBandwidth * constants[StackConstant.ElementwiseShare])
            : cost.Execution.Value;
        switch (work.Kind)
        {
            case OperatorKind.Matmul:
                double rate = MatmulRate(work, entry.IsExpert) * (entry.IsExpert ? constants[StackConstant.GroupedRate] : 1);
                matrixBusy = Math.Min(matrixBusy, cost.Execution.Value / rate);
                return cost.Execution.Value / rate;
            case OperatorKind.Elementwise when entry.Role is OperatorRole.ScoreForward or OperatorRole.ScoreBackward:
                bytes *= constants[StackConstant.ScoreTraffic];
                return streaming * constants[StackConstant.ScoreTraffic];
            case OperatorKind.Quantise or OperatorKind.Dequantise:
                // A chip that has nothing to cast starts no kernel either; fused routing casts inside its products.
                if (entry.IsExpert && isFusedRouting)
                    return 0;
                return cost.Execution.Value > 0 ? cost.Execution.Value + (work.Kernels * constants[StackConstant.KernelGap]) : 0;
            case OperatorKind.Elementwise:
                double scale = !entry.IsExpert ? constants[StackConstant.ElementwiseScale] : constants[isFusedRouting ? StackConstant.FusedRoutedTraffic : StackConstant.RoutedTraffic];
                bytes *= scale;
                return (streaming * scale) + (work.Kernels * constants[StackConstant.KernelGap]);
            case OperatorKind.AttentionBackward when constants[StackConstant.AttentionShare] > 0:
                // Latent attention under a stack that rates attention: operator tables hold no gradients, so the stack's ratio of rates is taken.
                return cost.Execution.Value / (constants[StackConstant.SustainedClock] * constants[StackConstant.AttentionBackwardRatio]);
            default:
                return cost.Execution.Value / constants[StackConstant.SustainedClock];
        }
    }

    /// <summary>
    /// Rate of a product in a step over that of the operator calibration. Sides that are no multiple of 8 slow 16-bit products down, save the rows of
    /// routed experts: how many tokens an expert gets is no side that lies contiguous in memory, and the mean stands for many numbers.
    /// </summary>
    private double MatmulRate(in Operator work, bool isExpert)
    {
        double rate = constants[StackConstant.SustainedClock] * (work.Format.IsQuantised() && MultipliedFormat.Of(chip.Chip, work.Format) == NumberFormat.Bf16 ? NumberFormat.Bf16 : work.Format) switch
        {
            NumberFormat.Fp32 or NumberFormat.Tf32 => constants[StackConstant.MatmulRateFp32],
            NumberFormat.Fp8 => constants[StackConstant.MatmulRateFp8],
            NumberFormat.Fp8Block or NumberFormat.Mxfp8 => constants[StackConstant.MatmulRateMx],
            NumberFormat.Nvfp4 or NumberFormat.Mxfp4 => constants[StackConstant.MatmulRateFp4],
            _ => constants[StackConstant.MatmulRate],
        };
        bool isMisaligned = !isExpert && work.Format is NumberFormat.Bf16 or NumberFormat.Fp16 && ((work.N | work.K | work.M) & 7) != 0;
        return isMisaligned ? rate * constants[StackConstant.MisalignedRate] : rate;
    }

    /// <summary>Tiles of 128 x 128 scores under the mask, at a share of the 16-bit matrix peak.</summary>
    private double FusedAttentionTime(in Operator work, out double matrixBusy, out double bytes)
    {
        double queryTiles = Math.Ceiling(work.QueryLength / 128.0);
        double keyTiles = Math.Ceiling(work.KeyLength / 128.0);
        double tiles = queryTiles * keyTiles;
        if (work.Causal)
        {
            tiles = queryTiles * (queryTiles + 1) / 2;
            if (work.Window > 0 && work.Window < work.KeyLength)
            {
                double past = Math.Max(queryTiles - (Math.Ceiling(work.Window / 128.0) + 1), 0);
                tiles -= past * (past + 1) / 2;
            }
        }

        bool isBackward = work.Kind == OperatorKind.AttentionBackward;
        double flop = (isBackward ? 10.0 : 4.0) * tiles * 128 * 128 * work.HeadDim * work.Batch * work.Heads;
        double share = constants[StackConstant.AttentionShare] * (isBackward ? constants[StackConstant.AttentionBackwardRatio] : 1);
        double time = flop / (sixteenBitPeak * share * constants[StackConstant.SustainedClock]);
        matrixBusy = flop / sixteenBitPeak;
        bytes = 2.0 * work.Batch * work.QueryLength * ((2.0 * work.Heads) + (2.0 * work.KvHeads)) * work.HeadDim * (isBackward ? 2 : 1);
        return time;
    }

    private static LayerShape Shape(Plan plan) => new(
        plan.MicroBatch, plan.Sequence, plan.TensorParallel, plan.ContextParallel, plan.ExpertParallel, plan.ExpertTensorParallel,
        plan.SequenceParallel, plan.Attention == AttentionKernel.Flash, plan.HasFrozenWeights, plan.Precision)
    {
        FrozenFormat = plan.FrozenFormat,
        ExpertLoad = plan.ExpertLoad,
    };

    /// <summary>
    /// Low-rank adapters on the attention projections, forward: each reads its input once more and adds onto its output in separate
    /// kernels (two narrow products, dropout, scale, add). The gradient moves half as much again.
    /// </summary>
    private double AdapterTime(LayerDescription layer, in LayerShape shape)
    {
        double query = (double)layer.Attention.Heads * layer.Attention.HeadDim / shape.TensorParallel;
        double kv = Math.Max(1, layer.Attention.KvHeads / shape.TensorParallel) * (double)layer.Attention.HeadDim;
        double onInputs = model.Hidden + query;
        double onOutputs = query + (2 * kv) + model.Hidden;
        double bytes = shape.Tokens * shape.ActivationBytes * ((2 * onInputs) + (3 * onOutputs));
        const int Kernels = 10;
        return (MemoryTime(bytes) * constants[StackConstant.AdapterScale]) + (Kernels * constants[StackConstant.KernelGap]);
    }

    /// <summary>Exposed tensor-parallel communication of one pass through a layer.</summary>
    private double TensorParallelPass(LayerDescription layer, in LayerShape shape, Plan plan, PlacedGroups groups)
    {
        if (plan.TensorParallel == 1)
            return 0;
        double bytes = shape.MicroBatch * layer.Tokens(shape.Sequence) / shape.ContextParallel * layer.HiddenOr(model.Hidden) * shape.ActivationBytes;
        double one = plan.SequenceParallel
            ? CollectiveTime(CollectiveKind.AllGather, bytes, groups.Tensor) + CollectiveTime(CollectiveKind.ReduceScatter, bytes, groups.Tensor)
            : CollectiveTime(CollectiveKind.AllReduce, bytes, groups.Tensor);
        // Experts that are whole on a rank exchange tokens instead of partial sums.
        double times = layer.Joins - (layer.FeedForward.Experts > 0 && plan.ExpertTensorParallel == 1 ? 1 : 0);
        double exposed = plan.OverlapsTensorParallel ? 1 - constants[StackConstant.TensorParallelOverlap] : 1;
        return times * one * constants[StackConstant.TensorParallelScale] * exposed;
    }

    /// <summary>What context parallelism has to move in one pass; of one rank where it has nothing to do.</summary>
    /// <remarks>Linear attention carries a state of fixed size between ranks, which is nothing beside keys and values.</remarks>
    private ContextWork ContextWorkOf(LayerDescription layer, in LayerShape shape, Plan plan, PlacedGroups groups)
    {
        AttentionDescription attention = layer.Attention;
        if (shape.ContextParallel == 1 || attention.Kind is AttentionKind.Linear or AttentionKind.None)
            return new ContextWork { Ranks = 1, InnerRanks = 1 };
        double heads = Math.Max(1, attention.KvHeads / shape.TensorParallel);
        double query = (double)attention.Heads * attention.HeadDim / shape.TensorParallel;
        double perElement = shape.On(layer.Stream).Tokens * shape.ActivationBytes;
        return new ContextWork(
            this, groups.Context, groups.ContextInner, groups.ContextOuter, shape.ContextParallel, groups.ContextInner.Size, perElement * query,
            2 * perElement * (heads * attention.HeadDim), heads, 0, constants[StackConstant.OverlapSlowdown], constants[StackConstant.TensorParallelScale]);
    }

    /// <summary>
    /// True where routed tokens never make the host wait: the release keeps their counts on the device, and the products can read them there, which
    /// kernels of microscaled formats can.
    /// </summary>
    private bool IsSyncFree(NumberFormat format) =>
        constants[StackConstant.SyncFreeRouting] > 0.5 && format is NumberFormat.Mxfp8 or NumberFormat.Mxfp4 or NumberFormat.Nvfp4;

    /// <summary>Dispatch and combine of one pass.</summary>
    private double ExpertParallelPass(LayerDescription layer, in LayerShape shape, PlacedGroups groups)
    {
        FeedForwardDescription feed = layer.FeedForward;
        if (feed.Experts == 0 || shape.ExpertParallel * shape.ExpertTensorParallel == 1)
            return 0;
        // The exchange ends when the rank with the most tokens has them.
        double vectors = shape.Tokens / shape.TensorParallel * shape.ExpertLoad * feed.DispatchWidth(layer.HiddenOr(model.Hidden)) * shape.ActivationBytes;
        double time = constants[StackConstant.DeduplicatedDispatch] > 0.5
            ? DeduplicatedDispatch(vectors, feed, groups.Expert)
            : CollectiveTime(CollectiveKind.AllToAll, vectors * feed.TopK, groups.Expert) * constants[StackConstant.ExpertParallelScale];
        return 2 * time * (1 - constants[StackConstant.ExpertParallelOverlap]);
    }

    /// <summary>
    /// A token travels once to each server that holds any of its experts and from there once to each rank that does. Both run at once, in pieces, so the
    /// longer counts. Source of the scheme: DeepEP, github.com/deepseek-ai/DeepEP, and arXiv:2412.19437 section 3.2.2.
    /// </summary>
    private double DeduplicatedDispatch(double vectors, FeedForwardDescription feed, RankGroup group)
    {
        int servers = group.Fanout[^1];
        double inside = InsideTime(vectors * ExpectedHolders(feed, group.Size), servers > 1 ? Inside(group) : group);
        return servers > 1
            ? Math.Max(inside, CollectiveTime(CollectiveKind.AllToAll, vectors * ExpectedHolders(feed, servers), group))
            : inside;
    }

    /// <summary>Kernels written for the exchange alone run at a share of the rated links, which the library's general exchange does not reach.</summary>
    private double InsideTime(double bytes, RankGroup group)
    {
        if (group.Size <= 1)
            return 0;
        CollectiveCost cost = CollectiveCost(CollectiveKind.AllToAll, bytes, group);
        return Math.Min(cost.Bound.Value / constants[StackConstant.DispatchLinkShare], cost.Time.Value);
    }

    /// <summary>
    /// How many of <paramref name="parts"/> equal parts of a layer's experts hold at least one of those a token chooses, on average, when any choice is as
    /// likely as another: parts x P(a part holds one). Of E experts, k chosen: 1 - C(E - E / parts, k) / C(E, k). Where T of G groups are chosen first, the
    /// k come out of T E / G experts, and the sum is over how many of the part's own groups are among the T.
    /// </summary>
    public static double ExpectedHolders(FeedForwardDescription feed, int parts)
    {
        int groups = feed.Groups;
        int chosen = Math.Min(feed.GroupsPerToken, groups);
        double inGroup = (double)feed.Experts / groups;
        double inPart = (double)feed.Experts / parts;
        double open = chosen * inGroup;
        // Groups the part meets, and its experts in each of them.
        double own = Math.Max(1, (double)groups / parts);
        double perGroup = Math.Min(inPart, inGroup);
        double none = 0;
        for (int met = 0; met <= chosen && met <= own; met++)
            none += Choose(own, met) * Choose(groups - own, chosen - met) / Choose(groups, chosen) * Avoids(open, met * perGroup, feed.TopK);
        return parts * (1 - none);
    }

    /// <summary>P(none of <paramref name="draws"/> out of <paramref name="all"/> is one of <paramref name="marked"/>).</summary>
    private static double Avoids(double all, double marked, int draws)
    {
        double none = 1;
        for (int i = 0; i < draws; i++)
            none *= Math.Max(0, all - marked - i) / (all - i);
        return none;
    }

    private static double Choose(double from, int number)
    {
        double ways = 1;
        for (int i = 0; i < number; i++)
            ways *= Math.Max(0, from - i) / (i + 1);
        return ways;
    }

    /// <summary>The members of a group inside one server or scale-up domain.</summary>
    private RankGroup Inside(RankGroup group)
    {
        if (insides.TryGetValue(group, out RankGroup? known))
            return known;
        RankGroup inner = new(group.Fanout.SetItem(group.Fanout.Length - 1, 1), group.Concurrent);
        insides[group] = inner;
        return inner;
    }
}
