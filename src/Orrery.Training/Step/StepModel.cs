using System.Numerics;
using Orrery.Catalog;
using Orrery.Chips;
using Orrery.Fabric;
using Orrery.Models;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Training;

/// <summary>
/// Time of one training step in closed form: layers and head from <see cref="LayerCoster"/>, stages from <see cref="StageLayout"/>, pipeline fill and
/// drain, gradient reduction, optimizer, stragglers. One instance serves one model, system, stack and rank size, from one thread; after a first
/// call with a plan it allocates nothing.
/// </summary>
/// <remarks>
/// step = closed form of the schedule (<see cref="Schedule.Time"/>) + exposed gradient reduction + optimizer + fixed time, and the part that grows
/// with servers as the expected maximum of normal delays. The event run (<c>StepRun</c>) executes the same stage times in the schedule's order.
/// </remarks>
public sealed class StepModel
{
    private readonly ModelArchitecture model;
    private readonly SystemDescription system;
    private readonly StackConstants constants;
    private readonly StackDescription stack;
    private readonly RankGroups placement;
    private readonly ParameterCount parameters;
    private readonly LayerCost[] layerCosts;
    private readonly long[] denseByKind;
    private readonly long[] expertByKind;
    private readonly double[] forwardTimes = new double[StageLayout.MostChunks];
    private readonly double[] backwardTimes = new double[StageLayout.MostChunks];
    private readonly double[] weightTimes = new double[StageLayout.MostChunks];
    private readonly double[] forwardExchanges = new double[StageLayout.MostChunks];
    private readonly double[] backwardExchanges = new double[StageLayout.MostChunks];
    private readonly double[] kindTimes;
    private readonly (double Gather, double Backward)[] sharding;
    private readonly int[] countByKind;
    private readonly int ranksPerChip;
    private string orderText = "";
    private RankOrder order = RankOrder.Default;

    public StepModel(ModelArchitecture model, SystemDescription system, StackDescription stack, StackConstants constants, ChipModel chip, CollectiveModel fabric)
    {
        this.model = model;
        this.system = system;
        this.stack = stack;
        this.constants = constants;
        ranksPerChip = chip.RanksPerChip;
        placement = new RankGroups(system, ranksPerChip);
        parameters = ParameterCount.Of(model);
        Coster = new LayerCoster(model, chip, fabric, constants, system.Levels[^1].Name, stack.RecomputeSkipsLastProduct);
        layerCosts = new LayerCost[model.LayerKinds.Length];
        kindTimes = new double[model.LayerKinds.Length];
        sharding = new (double, double)[model.LayerKinds.Length];
        countByKind = new int[model.LayerKinds.Length];
        foreach (byte kind in model.LayerOrder)
            countByKind[kind]++;
        denseByKind = new long[model.LayerKinds.Length];
        expertByKind = new long[model.LayerKinds.Length];
        for (int i = 0; i < layerCosts.Length; i++)
        {
            expertByKind[i] = parameters.ByKind[i].RoutedExperts;
            denseByKind[i] = parameters.ByKind[i].Total - expertByKind[i];
        }
    }

    public LayerCoster Coster { get; }

    /// <summary>Bytes of activations that one micro-batch stores in a layer: what offloading moves. Set by the context, which has the memory model.</summary>
    public Func<LayerDescription, Plan, double>? StoredBytes { get; set; }

    /// <summary>Bytes a second between one rank and its host, one direction; 0 where the system does not state it.</summary>
    public double HostBandwidth => system.HostBandwidthPerChip is { } link ? link.Value.Value / ranksPerChip : 0;

    public StageLayout Layout { get; } = new();

    /// <summary>Serial time of one stage hop, set by the last estimate.</summary>
    public double HopTime { get; private set; }

    /// <summary>Costs of the layer kinds under the last estimated plan.</summary>
    public ReadOnlySpan<LayerCost> LayerCosts => layerCosts;

    /// <summary>The vocabulary head under the last estimated plan.</summary>
    public LayerCost HeadCost { get; private set; }

    /// <summary>The embedding under the last estimated plan.</summary>
    public LayerCost EmbeddingCost { get; private set; }

    /// <summary>Exposed gradient reduction of the last estimated plan.</summary>
    public double ExposedReduction { get; private set; }

    /// <summary>Optimizer time of the last estimated plan.</summary>
    public double OptimizerTime { get; private set; }

    /// <summary>Fixed time of a step.</summary>
    public double FixedTime => constants[StackConstant.HostPerStep] * constants[StackConstant.StepScale];

    /// <summary>Relative slow-down by stragglers of the last estimated plan.</summary>
    public double StragglerShare { get; private set; }

    /// <summary>Vocabulary as the stack pads it for <paramref name="tensorParallel"/> ranks.</summary>
    public int PaddedVocabulary(int tensorParallel)
    {
        int padding = stack.VocabularyPadding;
        if (padding <= 1 || (stack.PadsVocabularyOnlyWhenSplit && tensorParallel == 1))
            return model.Vocabulary;
        int unit = padding * tensorParallel;
        return (model.Vocabulary + unit - 1) / unit * unit;
    }

    /// <summary>
    /// Prices <paramref name="plan"/>. False when its layers cannot be laid on its stages.
    /// </summary>
    public bool Estimate(Plan plan, out StepEstimate estimate)
    {
        estimate = default;
        if (!Prepare(plan))
            return false;

        int stages = plan.PipelineParallel;
        PipelineShape shape = plan.Pipeline;
        int microBatches = shape.MicroBatches;
        double slowest = 0;
        double sum = 0;
        PassTimes times = Passes(plan, out LayerCost all, out int received);
        int held = plan.Schedule.ChunksHeld(shape);
        for (int stage = 0; stage < stages; stage++)
        {
            double time = 0;
            for (int local = 0; local < held; local++)
            {
                int chunk = plan.Schedule.Chunk(shape, stage, local);
                time += times.Forward[chunk] + times.Backward[chunk];
            }

            time /= plan.Schedule.WeightCopies;
            sum += time;
            slowest = Math.Max(slowest, time);
        }

        double saved = stages == 1 ? 0 : plan.Schedule.Saved(times, microBatches);
        double busyPerRank = (sum / stages * microBatches) - saved;
        double pipeline = stages == 1 ? busyPerRank : PipelineTime(plan, times);
        double mean = (double)microBatches / stages;
        double hops = 2 * HopTime * received * mean;
        double fixedTime = FixedTime;
        double straggler = StragglerShare * (pipeline + ExposedReduction);

        estimate.SlowestStage = slowest;
        estimate.StepTime = pipeline + ExposedReduction + OptimizerTime + fixedTime + straggler;
        estimate.Breakdown = new StepBreakdown(
            new Seconds(all.Compute * mean),
            new Seconds(all.Recompute * mean),
            new Seconds(all.TensorParallel * mean),
            new Seconds(all.ContextParallel * mean),
            new Seconds((all.ExpertParallel * mean) - saved),
            new Seconds(hops),
            new Seconds(pipeline - busyPerRank),
            new Seconds((all.DataParallel * mean) + ExposedReduction),
            new Seconds(OptimizerTime),
            new Seconds(straggler),
            new Seconds((all.Overhead * mean) + fixedTime));
        estimate.MatrixBusy = all.MatrixBusy * mean;
        estimate.MemoryBytes = all.MemoryBytes * mean;
        estimate.LinkBusy = (all.TensorParallel + all.ExpertParallel + all.ContextParallel) * mean + hops + ReductionTime;
        return true;
    }

    /// <summary>Formulas are for chunks that are alike, as far as their layers go; an uneven split is followed through its order.</summary>
    private static double PipelineTime(Plan plan, in PassTimes times) => plan.Split is null
        ? plan.Schedule.Time(times, plan.MicroBatches)
        : OrderPath.OfThread.Length(plan.Schedule, times, plan.MicroBatches);

    /// <summary>Times of every chunk under the last estimated plan, hops included.</summary>
    public PassTimes Passes(Plan plan) => Passes(plan, out _, out _);

    /// <summary>The same with the sum of all chunks, and how many of them have their input from another stage.</summary>
    private PassTimes Passes(Plan plan, out LayerCost all, out int received)
    {
        PipelineShape shape = plan.Pipeline;
        int chunks = Layout.Chunks;
        all = default;
        received = 0;
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            LayerCost cost = ChunkCost(chunk);
            all.Add(cost, 1);
            bool receives = plan.Schedule.Receives(shape, chunk);
            received += receives ? 1 : 0;
            forwardTimes[chunk] = cost.Forward + (receives ? HopTime : 0);
            backwardTimes[chunk] = cost.Backward + (plan.Schedule.ReceivesGradient(shape, chunk) ? HopTime : 0);
            weightTimes[chunk] = cost.WeightGradient;
            forwardExchanges[chunk] = cost.ForwardExchange;
            backwardExchanges[chunk] = cost.BackwardExchange;
        }

        return new PassTimes(
            forwardTimes.AsSpan(0, chunks), backwardTimes.AsSpan(0, chunks), weightTimes.AsSpan(0, chunks), forwardExchanges.AsSpan(0, chunks),
            backwardExchanges.AsSpan(0, chunks), plan.PipelineParallel, constants[StackConstant.OverlapSlowdown]);
    }

    /// <summary>Gradient and weight collectives of the last estimated plan, hidden or not.</summary>
    public double ReductionTime { get; private set; }

    /// <summary>Time of one micro-batch in chunk <paramref name="chunk"/> under the last estimated plan.</summary>
    public LayerCost ChunkCost(int chunk)
    {
        LayerCost cost = default;
        for (int kind = 0; kind < layerCosts.Length; kind++)
        {
            int count = Layout.Count(chunk, kind);
            if (count > 0)
                cost.Add(layerCosts[kind], count);
        }

        if (chunk == 0)
            cost.Add(EmbeddingCost, 1);
        if (chunk == Layout.Chunks - 1)
            cost.Add(HeadCost, 1);
        return cost;
    }

    /// <summary>Weights on one rank of stage <paramref name="stage"/>, copies that the schedule needs included, split by tensor and expert parallelism, not by ZeRO.</summary>
    public double RankParameters(Plan plan, int stage, out double expert)
    {
        double dense = 0;
        expert = 0;
        double expertSplit = (double)plan.ExpertParallel * plan.ExpertTensorParallel;
        PipelineShape shape = plan.Pipeline;
        int held = plan.Schedule.ChunksHeld(shape);
        for (int local = 0; local < held; local++)
        {
            int chunk = plan.Schedule.Chunk(shape, stage, local);
            for (int kind = 0; kind < layerCosts.Length; kind++)
            {
                int count = Layout.Count(chunk, kind);
                dense += (double)count * denseByKind[kind] / plan.TensorParallel;
                expert += count * expertByKind[kind] / expertSplit;
            }

            if (chunk == 0)
                dense += (double)parameters.Embedding / plan.TensorParallel;
            if (chunk == Layout.Chunks - 1)
            {
                // Tied weights live on the first and on the last stage when these differ.
                long head = model.TiedEmbeddings ? (plan.PipelineParallel > 1 ? (long)model.Hidden * model.Vocabulary : 0) : parameters.Head;
                dense += ((double)head / plan.TensorParallel) + parameters.Final + parameters.PretrainingHead;
            }
        }

        return dense + expert;
    }

    /// <summary>Prices the parts of <paramref name="plan"/> that do not depend on the schedule. False when it cannot be laid out.</summary>
    public bool Prepare(Plan plan)
    {
        if (plan.Split is null or { IsAutomatic: false } && !Lay(plan))
            return false;
        PlacedGroups groups = Place(plan);
        for (int kind = 0; kind < layerCosts.Length; kind++)
            layerCosts[kind] = Coster.Layer(model.LayerKinds[kind], plan, groups);
        LayerCost head = Coster.Head(plan, PaddedVocabulary(plan.TensorParallel));
        LayerCost embedding = Coster.Embedding(plan);
        if (!model.Sides.IsEmpty)
        {
            head.Add(Coster.Sides(plan, areAtEnd: true), 1);
            embedding.Add(Coster.Sides(plan, areAtEnd: false), 1);
        }

        HeadCost = head;
        EmbeddingCost = embedding;
        if (plan.Split is { IsAutomatic: true } && !Balance(plan))
            return false;
        if ((plan.Offload & Offload.Activations) != Offload.None)
            OffloadActivations(plan);
        HopTime = Hop(plan, groups);
        int paced = stack.PacesWholeDomain ? system.ChipsPerScaleUpDomain : system.ChipsPerServer;
        double servers = Math.Ceiling(plan.Ranks / (double)(ranksPerChip * paced));
        // Expected maximum of n normal delays is close to sigma x sqrt(2 ln n): a step waits for its slowest server.
        StragglerShare = constants[StackConstant.StragglerSpread] * Math.Sqrt(Math.Log2(Math.Max(1, servers)));
        StragglerShare += DocumentShare(plan);
        Reduce(plan, groups);
        double scale = constants[StackConstant.StepScale];
        if (scale is < 1 or > 1)
            Stretch(scale);
        return true;
    }

    private bool Lay(Plan plan) => plan.Split is { } split
        ? Layout.Fill(model, plan.PipelineParallel, plan.VirtualStages, split)
        : Layout.Fill(model, plan.PipelineParallel, plan.VirtualStages);

    /// <summary>
    /// What a step waits for the data-parallel rank whose documents are longest, as a share: attention's share of the passes times the expected maximum over the
    /// ranks of the spread of what it computes.
    /// </summary>
    /// <remarks>
    /// Pairs of a document go with the square of its length. With lengths spread as a lognormal of deviation c times the mean, squares have the relative variance
    /// (1 + c^2)^4 - 1; a rank sums them over the documents of all its sequences, and the largest of n sums is near sqrt(2 ln n) deviations above the mean.
    /// </remarks>
    private double DocumentShare(Plan plan)
    {
        if (plan.DocumentSpread <= 0 || plan.DocumentLength <= 0 || plan.DataParallel <= 1)
            return 0;
        double attention = 0;
        double passes = EmbeddingCost.Forward + EmbeddingCost.Backward + HeadCost.Forward + HeadCost.Backward;
        for (int kind = 0; kind < layerCosts.Length; kind++)
        {
            attention += countByKind[kind] * layerCosts[kind].Attention;
            passes += countByKind[kind] * (layerCosts[kind].Forward + layerCosts[kind].Backward);
        }

        double sequences = (double)plan.MicroBatches * plan.MicroBatch;
        double documents = sequences * Math.Max(1, (double)plan.Sequence / plan.DocumentLength);
        double wider = 1 + (plan.DocumentSpread * plan.DocumentSpread);
        // A sequence holds no longer document than itself, which bounds the squares.
        double ratio = Math.Min((double)plan.Sequence / plan.DocumentLength, wider);
        double spread = Math.Sqrt(Math.Max(0, Math.Pow(ratio, 4) - 1) / documents);
        return passes > 0 ? attention / passes * spread * Math.Sqrt(2 * Math.Log(plan.DataParallel)) : 0;
    }

    /// <summary>Cuts the layers where the longest chunk is shortest, by the times just priced.</summary>
    private bool Balance(Plan plan)
    {
        for (int kind = 0; kind < layerCosts.Length; kind++)
            kindTimes[kind] = layerCosts[kind].Forward + layerCosts[kind].Backward;
        return Layout.Fill(
            model, plan.PipelineParallel, plan.VirtualStages, kindTimes, EmbeddingCost.Forward + EmbeddingCost.Backward, HeadCost.Forward + HeadCost.Backward);
    }

    /// <summary>
    /// Stored activations of each layer go to the host beside its forward pass and come back beside its backward pass: what takes longer than the pass shows, and
    /// what does not slows it as other transfers do.
    /// </summary>
    private void OffloadActivations(Plan plan)
    {
        double rate = HostBandwidth;
        if (rate <= 0 || StoredBytes is null)
            return;
        double slow = constants[StackConstant.OverlapSlowdown];
        for (int kind = 0; kind < layerCosts.Length; kind++)
        {
            ref LayerCost cost = ref layerCosts[kind];
            double transfer = StoredBytes(model.LayerKinds[kind], plan) / rate;
            double forward = Beside(cost.Forward, transfer, 0, slow, 1);
            double backward = Beside(cost.Backward, transfer, 0, slow, 1);
            cost.Overhead += forward + backward - cost.Forward - cost.Backward;
            cost.Forward = forward;
            cost.Backward = backward;
        }
    }

    /// <summary>Makes every time of the step <paramref name="scale"/> times as long; what engines and memory do in it stays as it is.</summary>
    private void Stretch(double scale)
    {
        for (int kind = 0; kind < layerCosts.Length; kind++)
            layerCosts[kind] = layerCosts[kind].Stretched(scale);
        HeadCost = HeadCost.Stretched(scale);
        EmbeddingCost = EmbeddingCost.Stretched(scale);
        HopTime *= scale;
        ReductionTime *= scale;
        ExposedReduction *= scale;
        OptimizerTime *= scale;
    }

    private PlacedGroups Place(Plan plan)
    {
        if (!string.Equals(plan.Order, orderText, StringComparison.Ordinal))
        {
            orderText = plan.Order;
            order = RankOrder.TryParse(plan.Order, out RankOrder parsed, out string problem) ? parsed : throw new ArgumentException(problem, nameof(plan));
        }

        return placement.Place(order, new ParallelDegrees(
            plan.TensorParallel, plan.ContextParallel, plan.DataParallel, plan.PipelineParallel, plan.ExpertParallel, plan.ExpertTensorParallel, plan.ShardRanks, InnerRanks(plan)));
    }

    /// <summary>Ranks that swap heads under context parallelism, those of the first layer that has keys and values.</summary>
    private int InnerRanks(Plan plan)
    {
        if (plan.ContextParallel == 1)
            return 1;
        foreach (LayerDescription layer in model.LayerKinds)
        {
            if (layer.Attention.Kind is not (AttentionKind.Linear or AttentionKind.None))
                return plan.ContextLayout.InnerRanks(plan, layer.Attention);
        }

        return 1;
    }

    private double Hop(Plan plan, PlacedGroups groups)
    {
        if (plan.PipelineParallel == 1)
            return 0;
        double bytes = plan.MicroBatch * HopTokens(plan.Sequence) / plan.ContextParallel * model.Hidden
            * (plan.Precision is NumberFormat.Fp32 or NumberFormat.Tf32 ? 4 : 2) / (plan.SequenceParallel ? plan.TensorParallel : 1);
        // Stages inside a scale-up domain are one hop apart on its links, others across the network: the mean over the pipeline.
        double sum = 0;
        foreach (RankGroup hop in groups.Hops)
            sum += Coster.CollectiveTime(CollectiveKind.PointToPoint, bytes, hop);
        return constants[StackConstant.HostPerHop] + (constants[StackConstant.HopNicScale] * sum / Math.Max(1, groups.Hops.Length));
    }

    /// <summary>Tokens that a stage hands on for each sequence: those of the sequence, and the encoder's output for the decoder's later layers.</summary>
    private double HopTokens(int sequence)
    {
        foreach (LayerDescription kind in model.LayerKinds)
        {
            if (kind.Cross is { Source.Kind: TokenStreamKind.Encoder } cross)
                return sequence + cross.Source.Tokens(sequence);
        }

        return sequence;
    }

    /// <summary>
    /// Gradient reduction and weight gathering. Replicated and ZeRO-1/2 weights reduce once a step behind the last backward pass; ZeRO-3
    /// gathers and scatters every layer of every micro-batch beside its computation.
    /// </summary>
    private void Reduce(Plan plan, PlacedGroups groups)
    {
        ReductionTime = 0;
        ExposedReduction = 0;
        double sharded = 0;
        // The first stage ends last, so its reduction is the one that shows.
        double all = RankParameters(plan, 0, out double expert);
        if (plan.PipelineParallel > 1)
        {
            double last = RankParameters(plan, plan.PipelineParallel - 1, out double lastExpert);
            if (last > all)
            {
                all = last;
                expert = lastExpert;
            }
        }

        double dense = all - expert;
        if (plan.HasFrozenWeights)
        {
            dense = 0;
            expert = 0;
        }

        double scale = constants[StackConstant.DataParallelScale];
        double overlap = constants[StackConstant.DataParallelOverlap];
        double slow = constants[StackConstant.OverlapSlowdown];
        double gradientBytes = plan.GradientBytes(stack.GradientBytes);
        int data = plan.DataParallel * plan.ContextParallel;
        int expertData = Math.Max(1, data * plan.TensorParallel / (plan.ExpertParallel * plan.ExpertTensorParallel));
        if (plan.Zero >= 3 || (plan.Zero == 2 && stack.ShardsGradientsEveryMicroBatch))
        {
            ShardedLayers(plan, groups, gradientBytes, scale, slow);
            sharded = plan.ShardRanks > 0 ? plan.ShardRanks : data;
            if (sharded < data)
            {
                // Replicas of a shard add up what their own shard groups have reduced, once a step.
                ReductionTime = Coster.CollectiveTime(CollectiveKind.AllReduce, (dense + expert) * gradientBytes / sharded, groups.Replica) * scale;
                double hidden = Math.Min(ReductionTime, overlap * LastBackward(plan));
                ExposedReduction = ReductionTime - hidden + (slow * hidden);
            }
        }
        else
        {
            double lastBackward = LastBackward(plan);
            double reduce;
            double gather = 0;
            if (plan.Zero == 0)
            {
                reduce = Coster.CollectiveTime(CollectiveKind.AllReduce, dense * gradientBytes, groups.Data)
                    + Coster.CollectiveTime(CollectiveKind.AllReduce, expert * gradientBytes, groups.ExpertData);
            }
            else
            {
                reduce = Coster.CollectiveTime(CollectiveKind.ReduceScatter, dense * gradientBytes, groups.Data)
                    + Coster.CollectiveTime(CollectiveKind.ReduceScatter, expert * gradientBytes, groups.ExpertData);
                gather = Coster.CollectiveTime(CollectiveKind.AllGather, dense * 2, groups.Data)
                    + Coster.CollectiveTime(CollectiveKind.AllGather, expert * 2, groups.ExpertData);
            }

            int copies = plan.Schedule.WeightCopies;
            if (copies > 1)
            {
                // Stages that hold the same chunk swap what they have reduced, each for the half that it updates, and then the updated weights.
                double half = ((dense / Math.Max(1, data)) + (expert / expertData)) / copies;
                reduce += Coster.CollectiveTime(CollectiveKind.PointToPoint, half * gradientBytes, groups.Hop);
                gather += Coster.CollectiveTime(CollectiveKind.PointToPoint, half * 2, groups.Hop);
            }

            reduce *= scale;
            gather *= scale;
            double hidden = Math.Min(reduce, overlap * lastBackward) + Math.Min(gather, overlap * lastBackward / 2);
            ReductionTime = reduce + gather;
            ExposedReduction = ReductionTime - hidden + (slow * hidden);
        }

        double states = dense;
        double expertStates = expert;
        if (plan.Zero >= 1)
        {
            double ranks = sharded > 0 ? sharded : data;
            states /= ranks;
            expertStates /= sharded > 0 ? Math.Min(sharded, expertData) : expertData;
            states /= plan.Schedule.WeightCopies;
            expertStates /= plan.Schedule.WeightCopies;
        }

        OptimizerTime = Coster.OptimizerTime(states + expertStates, plan, stack.GradientBytes) + Coster.CastTime(all, plan);
        if ((plan.Offload & Offload.Optimizer) != Offload.None && HostBandwidth > 0)
        {
            // States stream up for the update and down again behind it, both ways at once: the longer of the link and the update.
            double streamed = (states + expertStates) * plan.StateBytes / HostBandwidth;
            OptimizerTime = Math.Max(OptimizerTime, streamed);
        }
    }

    /// <summary>The first stage's backward pass of one micro-batch, behind which reductions hide.</summary>
    private double LastBackward(Plan plan)
    {
        double time = 0;
        PipelineShape shape = plan.Pipeline;
        int held = plan.Schedule.ChunksHeld(shape);
        for (int local = 0; local < held; local++)
            time += ChunkCost(plan.Schedule.Chunk(shape, 0, local)).Backward;
        return time;
    }

    /// <summary>
    /// Adds to each layer kind what gathering its weights and scattering its gradients costs beyond its computation:
    /// <see cref="Beside"/> of the two.
    /// </summary>
    private void ShardedLayers(Plan plan, PlacedGroups groups, double gradientBytes, double scale, double slow)
    {
        bool gathersAgain = plan.Zero >= 3;
        double exposure = constants[StackConstant.ShardedExposure];
        double window = plan.Prefetch == 0 ? 0 : constants[StackConstant.ShardedWindow];
        int ranks = groups.Shard.Size;
        double latency = ranks <= 1 ? 0 : constants[StackConstant.GatherLatency] + (constants[StackConstant.GatherLatencyPerRank] * ranks);
        double computeForward = 0;
        double computeBackward = 0;
        double trafficForward = 0;
        double trafficBackward = 0;
        for (int kind = 0; kind < layerCosts.Length; kind++)
        {
            (double gather, double back) = Sharding(kind, plan, groups, gradientBytes, scale, gathersAgain);
            sharding[kind] = (gather, back);
            computeForward += countByKind[kind] * layerCosts[kind].Forward;
            computeBackward += countByKind[kind] * layerCosts[kind].Backward;
            trafficForward += countByKind[kind] * gather;
            trafficBackward += countByKind[kind] * back;
        }

        // Gathered several layers ahead, the traffic of a large layer hides behind the computation of the small ones before it: all of it behind all of that.
        bool isPooled = plan.Prefetch >= 2 && trafficForward > 0 && trafficBackward > 0;
        for (int kind = 0; kind < layerCosts.Length; kind++)
        {
            ref LayerCost cost = ref layerCosts[kind];
            (double gather, double backwardTraffic) = sharding[kind];
            double besideForward = isPooled ? computeForward * gather / trafficForward : cost.Forward;
            double besideBackward = isPooled ? computeBackward * backwardTraffic / trafficBackward : cost.Backward;
            // Issuing a gather holds the host up, and the device with it: that part is never hidden.
            double forward = cost.Forward + Beside(besideForward, gather, exposure, slow, window) - besideForward + latency;
            double backward = cost.Backward + Beside(besideBackward, backwardTraffic, exposure, slow, window) - besideBackward + ((gathersAgain ? 2 : 1) * latency);
            cost.DataParallel = forward + backward - cost.Forward - cost.Backward;
            cost.Forward = forward;
            cost.Backward = backward;
        }
    }

    /// <summary>Isolated traffic of one layer of a kind: its weights' gather, and what its backward pass moves.</summary>
    private (double Gather, double Backward) Sharding(int kind, Plan plan, PlacedGroups groups, double gradientBytes, double scale, bool gathersAgain)
    {
        double onRank = ((double)denseByKind[kind] / plan.TensorParallel)
            + (expertByKind[kind] / (double)(plan.ExpertParallel * plan.ExpertTensorParallel));
        double gather = Coster.CollectiveTime(CollectiveKind.AllGather, onRank * plan.WeightBytes, groups.Shard) * scale;
        double scatter = plan.HasFrozenWeights ? 0 : Coster.CollectiveTime(CollectiveKind.ReduceScatter, onRank * gradientBytes, groups.Shard) * scale;
        return (gather, (gathersAgain ? gather : 0) + scatter);
    }

    /// <summary>
    /// compute + what of the traffic does not fit beside the part of it that transfers can run beside + exposure x what does. With a window of 1 this is
    /// the longer of the two and exposure x the shorter.
    /// </summary>
    private static double Beside(double compute, double traffic, double exposure, double slow, double window)
    {
        double beside = Math.Min(window * compute, traffic);
        return compute + (traffic - beside) + ((exposure + slow) * beside);
    }
}
