namespace Orrery.Serving;

/// <summary>
/// Time of one iteration of an engine: operators on the device under the constants of a stack, beside the host.
/// </summary>
/// <remarks>
/// <code>
/// device = deviceScale x [ linear(b) + attention(b, context) + head(b) ] + prefillScale x [ linear(b+n) - linear(b) + attention of prompts ]
/// host   = hostPerIteration + hostPerSequence x (b of an attention rank) + hostPerLayer x layers (+ hostPerPrefillLayer x layers with prefill)
/// linear = products + launchShare x their launches + small kernels + passes + collectives
/// time   = max(device, host) where the host works ahead, else the sum
/// </code>
/// Where k tokens are proposed, linear and head are those of b (1 + k) tokens, attention has 1 + k queries a sequence, and device has k steps of the draft
/// beside it, of which the first reads what was accepted. b sequences generate, n prompt tokens are worked on. A compiled engine pays for its bucket. Source of the form: published closed-loop measurements of
/// vLLM, TensorRT-LLM and SGLang; docs/serve-accuracy.md says how well it does.
/// </remarks>
public sealed class IterationCost
{
    private readonly ServingConstants constants;
    private readonly bool overlapsHost;
    private readonly CompiledBuckets? buckets;
    private readonly double kernels;
    private readonly double kernelsPerLayer;
    private readonly double draftKernels;
    private readonly double graphSwitch;
    private TimeShares[] decodes = [];
    private int[] decodeTiles = [];
    private int[] decodeBatches = [];
    private long[] decodeTicks = [];

    /// <summary>The cost of an engine's iterations.</summary>
    /// <param name="times">Operators of the model on the system.</param>
    /// <param name="stack">How the engine works.</param>
    /// <param name="constants">Its constants for this class of models on this chip.</param>
    /// <param name="buckets">Compiled shapes; null for an engine without.</param>
    public IterationCost(OperatorTimes times, ServingStack stack, ServingConstants constants, CompiledBuckets? buckets)
    {
        Times = times;
        this.constants = constants;
        this.buckets = buckets;
        overlapsHost = stack.OverlapsHost;
        kernelsPerLayer = stack.KernelsPerDenseLayer;
        kernels = KernelsOf(times, stack);
        draftKernels = times.Draft is { } draft ? KernelsOf(draft, stack) : 0;
        graphSwitch = stack.GraphSwitch.Value;
        const int Remembered = 1 << 12;
        decodes = new TimeShares[Remembered];
        decodeTiles = new int[Remembered];
        decodeBatches = new int[Remembered];
        decodeTicks = new long[Remembered];
    }

    /// <summary>The operators behind it.</summary>
    public OperatorTimes Times { get; }

    /// <summary>The stack's constants.</summary>
    public ServingConstants Constants => constants;

    /// <summary>Compiled shapes; null for an engine without.</summary>
    public CompiledBuckets? Buckets => buckets;

    /// <summary>Tokens of a sequence that a decode iteration works on.</summary>
    public int Queries => Times.Queries;

    /// <summary>Tokens that a sequence makes in a mean decode iteration.</summary>
    public double TokensPerIteration { get; init; } = 1;

    /// <summary>Factor on all device and host time, for the ends of an interval.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>The context a decode iteration pays for, in tiles: of the mean, or the bucket of the longest.</summary>
    public int ContextTile(long totalContext, int batch, int longest) =>
        buckets is { } compiled ? compiled.Context(longest) / OperatorTimes.Tile : (int)(totalContext / batch / OperatorTimes.Tile);

    /// <summary>Decode iterations from now until <see cref="ContextTile"/> changes, at least 1; compiled shapes hold for sequences that advance in step.</summary>
    /// <param name="totalContext">Tokens of all sequences, and <paramref name="growth"/> in an iteration, in units of 2^-<paramref name="fraction"/>.</param>
    public long IterationsInTile(long totalContext, long growth, int fraction, int batch, int longest)
    {
        if (buckets is { } compiled)
            return Math.Max(1, (long)compiled.Context(longest) - longest + 1);
        long end = (((totalContext >> fraction) / batch / OperatorTimes.Tile) + 1) * OperatorTimes.Tile * batch << fraction;
        return Math.Max(1, (end - totalContext + growth - 1) / growth);
    }

    /// <summary>An iteration in which <paramref name="batch"/> sequences generate; <paramref name="tile"/> is <see cref="ContextTile"/>.</summary>
    public ref readonly TimeShares Decode(int batch, int tile) => ref Decode(batch, tile, out _);

    /// <inheritdoc cref="Decode(int, int)"/>
    /// <param name="ticks">Its whole time in ticks, at least 1.</param>
    public ref readonly TimeShares Decode(int batch, int tile, out long ticks)
    {
        // The last few thousand shapes are kept: an iteration is asked for again and again, and adding it up costs more than finding it.
        int place = (int)((((uint)batch * 2654435761u) ^ ((uint)tile * 40503u)) >> 7) & (decodes.Length - 1);
        if (decodeBatches[place] != batch || decodeTiles[place] != tile)
        {
            decodes[place] = ComputeDecode(batch, tile);
            decodeTicks[place] = TicksOf(decodes[place]);
            decodeBatches[place] = batch;
            decodeTiles[place] = tile;
        }

        ticks = decodeTicks[place];
        return ref decodes[place];
    }

    /// <summary>Time of an iteration in ticks, at least 1.</summary>
    public static long TicksOf(in TimeShares shares) => Math.Max(1, (long)Math.Round(shares.Total * RequestTrace.TicksPerSecond));

    /// <summary>
    /// An iteration that works on <paramref name="promptTokens"/> of prompts while <paramref name="decoding"/> sequences generate.
    /// </summary>
    /// <param name="prompts">Attention of the prompts' chunks, summed; its launch is taken once.</param>
    /// <param name="ending">Prompts that end in this iteration and get their first token.</param>
    /// <param name="isLaterPass">Prompts of the same batch were worked on in the pass before.</param>
    public TimeShares Mixed(int decoding, int tile, int promptTokens, in AttentionTimes prompts, int ending, bool isLaterPass = false, int images = 0)
    {
        double phi = constants[ServingConstant.LaunchShare];
        double slow = constants[ServingConstant.PrefillScale];
        TimeShares shares = default;
        WorkTimes before = default;
        if (decoding > 0)
        {
            shares = ComputeDevice(decoding, tile);
            before = Times.Linear(decoding * Queries);
        }

        WorkTimes after = Times.Linear((decoding * Queries) + promptTokens);
        WorkTimes head = Times.Head((decoding * Queries) + ending);
        WorkTimes headBefore = Times.Head(decoding * Queries);
        shares.PrefillProducts = slow * (after.Products - before.Products + after.Elementwise - before.Elementwise + head.Products - headBefore.Products);
        shares.PrefillAttention = slow * constants[ServingConstant.PromptAttentionScale] * prompts.Execution;
        shares.Collectives += slow * (isLaterPass ? constants[ServingConstant.LaterPassCollectives] : 1) * (after.Collectives - before.Collectives + head.Collectives - headBefore.Collectives);
        // With sequences decoding their launches and small kernels stand already; only the launch of prompt attention comes on top.
        double launches = (phi * ((decoding > 0 ? after.Launch - before.Launch : after.Launch + head.Launch) + prompts.Launch))
            + (decoding > 0 ? 0 : kernels * constants[ServingConstant.SmallKernel]);
        shares.Kernels += slow * launches;
        shares.MatrixBusy += slow * (after.Matrix - before.Matrix + prompts.Matrix);
        shares.MemoryBytes += after.Memory - before.Memory + prompts.Memory;
        if (Times.Draft is { } draft)
        {
            // What proposes has to have seen the prompt too; its attention is among that of the prompts.
            WorkTimes seen = draft.Linear((decoding * Queries) + promptTokens);
            WorkTimes seenBefore = draft.Linear(decoding * Queries);
            shares.Draft += slow * (seen.Execution - seenBefore.Execution + (phi * (decoding > 0 ? seen.Launch - seenBefore.Launch : seen.Launch)));
            shares.MatrixBusy += slow * (seen.Matrix - seenBefore.Matrix);
            shares.MemoryBytes += seen.Memory - seenBefore.Memory;
        }

        if (images > 0)
        {
            // The tower runs before the prompts, with kernels of its own launched as those of prompts are.
            WorkTimes tower = Times.Images(images);
            shares.Images = slow * (tower.Execution + (phi * tower.Launch) + (Times.ImageLayers * kernelsPerLayer * constants[ServingConstant.SmallKernel]));
            shares.MatrixBusy += slow * tower.Matrix;
            shares.MemoryBytes += tower.Memory;
        }

        return WithHost(shares, decoding, hasPrefill: true);
    }

    /// <summary>Time of changing from one compiled graph to another; 0 for an engine without.</summary>
    public double GraphSwitch => graphSwitch * Scale;

    /// <summary>Attention of a chunk of a prompt behind what is cached of it, of the draft too.</summary>
    public AttentionTimes Prompt(int chunk, int context)
    {
        AttentionTimes own = Times.Prefill(chunk, context);
        return Times.Draft is { } draft ? own + draft.Prefill(chunk, context) : own;
    }

    private static double KernelsOf(OperatorTimes times, ServingStack stack) =>
        ((times.Layers - times.ExpertLayers) * stack.KernelsPerDenseLayer) + (times.ExpertLayers * stack.KernelsPerExpertLayer);

    private TimeShares ComputeDecode(int batch, int tile) => WithHost(ComputeDevice(batch, tile), batch, hasPrefill: false);

    private TimeShares ComputeDevice(int batch, int tile)
    {
        double phi = constants[ServingConstant.LaunchShare];
        double scale = constants[ServingConstant.DeviceScale];
        int padded = buckets is { } compiled ? Math.Max(batch, compiled.Batch(batch)) : batch;
        WorkTimes linear = Times.Linear(padded * Queries);
        WorkTimes head = Times.Head(padded * Queries);
        AttentionTimes attention = Times.Decode(padded, tile);
        TimeShares shares = new()
        {
            DecodeProducts = scale * (linear.Products + linear.Elementwise + head.Products),
            DecodeAttention = scale * constants[ServingConstant.AttentionScale] * attention.Execution,
            Collectives = scale * (linear.Collectives + head.Collectives),
            Kernels = scale * ((phi * (linear.Launch + head.Launch + attention.Launch)) + (kernels * constants[ServingConstant.SmallKernel])),
            MatrixBusy = linear.Matrix + head.Matrix + attention.Matrix,
            MemoryBytes = linear.Memory + head.Memory + attention.Memory,
        };
        if (Times.Draft is { } draft)
            AddDraft(ref shares, draft, padded, tile);
        return shares;
    }

    /// <summary>Proposes a token after the other; the first step reads what was accepted, as many tokens as were verified.</summary>
    private void AddDraft(ref TimeShares shares, OperatorTimes draft, int padded, int tile)
    {
        double phi = constants[ServingConstant.LaunchShare];
        double scale = constants[ServingConstant.DeviceScale];
        double small = draftKernels * constants[ServingConstant.SmallKernel];
        WorkTimes head = draft.Head(padded);
        AttentionTimes attention = draft.Decode(padded, tile);
        for (int step = 1; step < Queries; step++)
        {
            WorkTimes linear = draft.Linear(step == 1 ? padded * Queries : padded);
            shares.Draft += scale * (linear.Execution + head.Execution + (constants[ServingConstant.AttentionScale] * attention.Execution)
                + (phi * (linear.Launch + head.Launch + attention.Launch)) + small);
            shares.MatrixBusy += linear.Matrix + head.Matrix + attention.Matrix;
            shares.MemoryBytes += linear.Memory + head.Memory + attention.Memory;
        }
    }

    private TimeShares WithHost(TimeShares shares, int sequences, bool hasPrefill)
    {
        double host = constants[ServingConstant.HostPerIteration] + (constants[ServingConstant.HostPerSequence] * ((sequences + Times.DataParallel - 1) / Times.DataParallel))
            + (Times.Layers * (constants[ServingConstant.HostPerLayer] + (hasPrefill ? constants[ServingConstant.HostPerPrefillLayer] : 0)));
        double device = shares.Total;
        shares.Host = overlapsHost ? Math.Max(0, host - device) : host;
        if (Scale == 1)
            return shares;
        TimeShares scaled = default;
        scaled.Add(shares, Scale);
        scaled.MemoryBytes = shares.MemoryBytes;
        scaled.MatrixBusy = shares.MatrixBusy;
        return scaled;
    }
}
