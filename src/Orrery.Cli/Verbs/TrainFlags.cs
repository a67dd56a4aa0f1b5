using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Fabric;
using Orrery.Models;
using Orrery.Training;
using Orrery.Units;

namespace Orrery.Cli.Verbs;

/// <summary>The flags of a training job and the request they make.</summary>
public static class TrainFlags
{
    private const double MostRanks = 16_777_216;

    /// <summary>Far beyond any layout; three degrees still multiply inside 64 bits.</summary>
    private const double LargestDegree = 1 << 20;

    /// <summary>Formats a training job can multiply in; the integer ones are for inference.</summary>
    private static readonly string[] Precisions =
    [
        NumberFormat.Fp32.Text(), NumberFormat.Tf32.Text(), NumberFormat.Bf16.Text(), NumberFormat.Fp16.Text(), NumberFormat.Fp8.Text(),
        NumberFormat.Fp8Block.Text(), NumberFormat.Mxfp8.Text(), NumberFormat.Mxfp4.Text(), NumberFormat.Nvfp4.Text(),
    ];

    private static readonly string[] GradientFormats = [NumberFormat.Fp32.Text(), NumberFormat.Bf16.Text()];

    /// <summary>Formats of frozen weights, <c>nf4</c> being that of QLoRA.</summary>
    private static readonly string[] FrozenFormats =
        [NumberFormat.Bf16.Text(), NumberFormat.Fp8.Text(), NumberFormat.Mxfp4.Text(), NumberFormat.Nvfp4.Text(), "nf4"];

    /// <summary>How collectives are priced unless asked otherwise.</summary>
    public const string DefaultNetwork = "closed";

    /// <summary>In the order help lists them.</summary>
    public static FlagDescription[] All =>
    [
        new("--model", FlagKind.Text, "M", "network: a name of the catalogue, a config.json or the folder of one") { IsRequired = true },
        new("--system", FlagKind.Text, "S", "machine: a name of the catalogue or a file") { IsRequired = true },
        new("--chips", FlagKind.Integer, "N", "number of accelerator packages") { IsRequired = true, Unless = ["--from-launch"], High = MostRanks },
        Degree("--tp", "tensor parallelism, in ranks"),
        Degree("--pp", "pipeline stages"),
        Degree("--vpp", "model chunks a rank holds (interleaved pipeline)"),
        Degree("--dp", "data parallelism, in ranks"),
        Degree("--cp", "context parallelism, in ranks"),
        Degree("--ep", "expert parallelism, in ranks"),
        Degree("--etp", "tensor parallelism inside an expert, in ranks"),
        new("--micro-batch", FlagKind.Integer, "B", "sequences of one micro-batch") { High = 1 << 20 },
        new("--global-batch", FlagKind.Integer, "B", "sequences of one step over the whole job; 2,048 when left out") { High = 1 << 30 },
        new("--seq", FlagKind.Integer, "L", "tokens of a sequence; when left out 8,192, or the model's longest if that is shorter") { High = 1 << 28 },
        new("--recompute", FlagKind.Words, "WORDS", "what is computed again in the backward pass: none|selective|full, or parts of a layer with commas between them: attention, mlp, experts, activation, norm, latent")
        {
            Words = [.. PlanWords.Recomputes, .. PlanWords.RecomputeModules],
        },
        new("--offload", FlagKind.Words, "WORDS", "what is kept in the host's memory: optimizer, activations, or both with a comma between them") { Words = PlanWords.Offloads },
        new("--pipeline-split", FlagKind.Text, "N,N,...", "layers of each pipeline chunk, in the order of the network; auto makes the longest as short as can be"),
        new("--zero", FlagKind.Integer, "0..3", "what data-parallel ranks share out: optimizer states, then gradients, then weights") { Low = 0, High = 3 },
        new("--shard-ranks", FlagKind.Integer, "N", "with --zero 3, ranks that share one copy of the weights; all when left out") { High = MostRanks },
        new("--prefetch", FlagKind.Integer, "N", "with --zero 3, layers ahead whose weights are gathered; 1 when left out, 0 gathers each as it is needed") { Low = 0, High = 64 },
        new("--expert-imbalance", FlagKind.Number, "X", "tokens of the rank whose experts get most, over the mean; 1 when left out") { Low = 1, High = 1024 },
        new("--capacity-factor", FlagKind.Number, "X", "room of every expert over the mean: fixed shapes, the rest is dropped; when left out nothing is") { Low = 1, High = 1024 },
        new("--overlap-experts", FlagKind.Switch, "", "dispatch and combine run beside the computation of another micro-batch"),
        new("--document-length", FlagKind.Integer, "L", "mean length of the documents packed into a sequence, which see only themselves; one a sequence when left out") { High = 1 << 28 },
        new("--document-spread", FlagKind.Number, "X", "standard deviation of their lengths over the mean; 0 when left out") { Low = 0, High = 100 },
        new("--images", FlagKind.Integer, "N", "images a sequence, for models with a vision tower; 1 when left out") { Low = 0, High = 1 << 16 },
        new("--image-size", FlagKind.Text, "HxW", "pixels of an image: of the sample of a diffusion model, or before a vision tower that takes any size"),
        new("--frames", FlagKind.Integer, "N", "frames of the clip that a video model learns; 1 when left out") { High = 1 << 20 },
        new("--encoder-seq", FlagKind.Integer, "L", "tokens an encoder reads for each sequence; as many as the decoder's when left out") { High = 1 << 28 },
        new("--prediction-modules", FlagKind.Integer, "N", "modules that predict further tokens; those published with the model when left out") { Low = 0, High = 16 },
        Word("--precision", "format of matrix products, such as bf16, fp8, mxfp8; bf16 when left out", Precisions),
        Word("--optimizer-states", "format of the optimizer's moments: fp32|bf16|8bit; fp32 when left out", PlanWords.OptimizerStates),
        Word("--gradients", "format gradients are added up and reduced in: fp32|bf16; the stack's own when left out", GradientFormats),
        Word("--frozen-weights", "train low-rank adapters only, on weights kept in this format: bf16|fp8|mxfp4|nvfp4|nf4", FrozenFormats),
        new("--adapter-rank", FlagKind.Integer, "N", "with --frozen-weights, width of the adapters on the projections of attention; 16 when left out") { High = 1 << 16 },
        Chosen("--schedule", "order of pipeline passes", Schedule.List),
        Chosen("--cp-layout", "how context-parallel ranks attend to each other; ring when left out", ContextLayout.List),
        new("--cp-inner", FlagKind.Integer, "N", "with --cp-layout hybrid, ranks that swap heads; as many as the heads of keys and values allow when left out") { High = LargestDegree },
        Word("--cp-balance", "tokens of a causal sequence on context-parallel ranks: zigzag|none; zigzag when left out", PlanWords.Balances),
        new("--sequence-parallel", FlagKind.Switch, "", "share out norms and dropouts over the tensor-parallel ranks; 'off' forbids it"),
        Word("--attention", "attention kernel: flash|unfused; the stack's own when left out", PlanWords.Attentions),
        new("--lnc", FlagKind.Integer, "1|2", "NeuronCores a logical core joins, on Trainium; the chip's default when left out") { High = 8 },
        new("--order", FlagKind.Text, "ORDER", "placement of ranks, innermost first; tp-cp-ep-dp-pp when left out"),
        new("--stack", FlagKind.Text, "STACK", "software stack; the system's own when left out"),
        Word("--network", "how collectives are priced: bound, closed (a formula for each algorithm) or flow; closed when left out", NetworkWords.Kinds),
        NetworkWords.Slow,
        NetworkWords.Fail,
        new("--price", FlagKind.Pair, "SYSTEM=USD", "price of one chip for one hour, in place of the catalogue's") { Repeats = true },
        new("--tokens", FlagKind.Count, "T", "length of the whole run, for its time, energy and money (15T, 300B)") { Low = 1, High = 1e18 },
        new("--timeline", FlagKind.Text, "FILE", "write one step as a trace that ui.perfetto.dev opens, or, where the name ends in .svg, as a picture"),
        new("--export-chakra", FlagKind.Text, "DIR", "write one step as Chakra execution traces, a file for each pipeline stage; replay DIR reads them"),
        new("--launch", FlagKind.Text, "FRAMEWORK", "print the plan as launch arguments of megatron|nxd|torchtitan|maxtext in place of the report"),
        new("--from-launch", FlagKind.Text, "ARGS", "take the plan from launch arguments, or from a file of them; FRAMEWORK:ARGS names whose they are") { IsVerbatim = true },
        new("--seed", FlagKind.Integer, "N", "seed of what is random; 0 when left out") { Low = 0, High = 9_007_199_254_740_991 },
        CommonFlags.Assume,
        CommonFlags.Json,
    ];

    /// <summary>What a sample holds beside tokens of text.</summary>
    public static ModelInputs ToInputs(ParsedArguments arguments) => new(
        arguments.Integer("--images"), arguments.Text("--image-size"), arguments.Integer("--frames"), arguments.Integer("--encoder-seq"),
        arguments.Integer("--prediction-modules"));

    /// <summary>The request the flags describe. What names a part of the catalogue is resolved by the caller.</summary>
    /// <param name="model">The model on the samples that <paramref name="inputs"/> say.</param>
    /// <param name="sampleTokens">Tokens of a sample whose size says so; null leaves them to <c>--seq</c>.</param>
    /// <param name="problems">Gets what is wrong between flags: an order that is none, a price of another system.</param>
    public static TrainingRequest ToRequest(
        ParsedArguments arguments, ModelArchitecture model, ModelInputs inputs, int? sampleTokens, SystemDescription system, StackDescription stack,
        List<Diagnostic> problems) => new()
        {
            Model = model,
            System = system,
            Stack = stack,
            Chips = arguments.Integer("--chips") ?? 1,
            Lnc = arguments.Integer("--lnc"),
            TensorParallel = arguments.Integer("--tp"),
            PipelineParallel = arguments.Integer("--pp"),
            VirtualStages = arguments.Integer("--vpp"),
            DataParallel = arguments.Integer("--dp"),
            ContextParallel = arguments.Integer("--cp"),
            ExpertParallel = arguments.Integer("--ep"),
            ExpertTensorParallel = arguments.Integer("--etp"),
            MicroBatch = arguments.Integer("--micro-batch"),
            GlobalBatch = arguments.Integer("--global-batch"),
            Sequence = sampleTokens ?? arguments.Integer("--seq"),
            Recompute = RecomputeOf(arguments.Text("--recompute"), problems),
            RecomputeModules = (RecomputeModules)PlanWords.Bits(arguments.Text("--recompute"), PlanWords.RecomputeModules),
            Offload = (Offload)PlanWords.Bits(arguments.Text("--offload"), PlanWords.Offloads),
            Split = SplitOf(arguments.Text("--pipeline-split"), problems),
            Prefetch = arguments.Integer("--prefetch"),
            ExpertImbalance = arguments.Number("--expert-imbalance"),
            CapacityFactor = arguments.Number("--capacity-factor"),
            OverlapsExperts = arguments.Switch("--overlap-experts"),
            DocumentLength = arguments.Integer("--document-length"),
            DocumentSpread = arguments.Number("--document-spread"),
            Zero = arguments.Integer("--zero"),
            ShardRanks = arguments.Integer("--shard-ranks"),
            SequenceParallel = arguments.Switch("--sequence-parallel"),
            Attention = (AttentionKernel?)Choice(arguments.Text("--attention"), PlanWords.Attentions),
            Precision = arguments.Text("--precision") is { } precision && NumberFormats.TryParse(precision, out NumberFormat format) ? format : NumberFormat.Bf16,
            Inputs = inputs,
            OptimizerStates = (OptimizerStates?)Choice(arguments.Text("--optimizer-states"), PlanWords.OptimizerStates) ?? OptimizerStates.Fp32,
            Gradients = arguments.Text("--gradients") is { } gradients && NumberFormats.TryParse(gradients, out NumberFormat ofGradients) ? ofGradients : null,
            FrozenWeights = Frozen(arguments.Text("--frozen-weights")),
            AdapterRank = arguments.Integer("--adapter-rank"),
            Schedule = Schedule.List.Find(arguments.Text("--schedule")),
            ContextLayout = ContextLayout.List.Find(arguments.Text("--cp-layout")),
            ContextInner = arguments.Integer("--cp-inner"),
            IsContextBalanced = arguments.Text("--cp-balance") is { } balance ? balance == PlanWords.Balances[0] : null,
            Order = OrderOf(arguments.Text("--order"), problems),
            Network = (NetworkKind)(Choice(arguments.Text("--network"), NetworkWords.Kinds) ?? 0),
            Faults = NetworkWords.Faults(arguments, problems),
            Tokens = arguments.Number("--tokens"),
            UsdPerChipHour = Price(arguments, system, problems),
            Seed = (ulong)(arguments.Number("--seed") ?? 0),
        };

    private static string OrderOf(string? text, List<Diagnostic> problems)
    {
        if (text is not null && !RankOrder.TryParse(text, out _, out string problem))
            problems.Add(new(Severity.Error, ErrorCodes.WrongValue, "--order", 0, 0, $"found '{Quote.Argument(text)}'; {problem}"));
        return text ?? new Plan().Order;
    }

    /// <summary>The index of a word among <paramref name="words"/>, which stand in the order of their enum; null where the flag was left out.</summary>
    private static int? Choice(string? text, string[] words) => text is null ? null : Array.IndexOf(words, text);

    /// <summary>NF4 with double quantisation is 4 bits and 1/64 byte of scales, as the 4-bit integer format here.</summary>
    private static NumberFormat? Frozen(string? text) => text switch
    {
        null => null,
        "nf4" => NumberFormat.Int4WeightOnly,
        _ => NumberFormats.TryParse(text, out NumberFormat format) ? format : null,
    };

    /// <summary>One of the three words alone, or parts of a layer.</summary>
    private static Recompute? RecomputeOf(string? text, List<Diagnostic> problems)
    {
        if (text is null)
            return null;
        int one = Array.IndexOf(PlanWords.Recomputes, text);
        if (one < 0 && text.Split(',').Any(PlanWords.Recomputes.Contains))
            problems.Add(new(Severity.Error, ErrorCodes.WrongValue, "--recompute", 0, 0, $"found '{Quote.Argument(text)}'; none, selective and full stand alone"));
        return one >= 0 ? (Recompute)one : Training.Recompute.Modules;
    }

    private static PipelineSplit? SplitOf(string? text, List<Diagnostic> problems)
    {
        if (text is null)
            return null;
        PipelineSplit? split = PipelineSplit.Parse(text);
        if (split is null)
            problems.Add(new(Severity.Error, ErrorCodes.WrongValue, "--pipeline-split", 0, 0, $"found '{Quote.Argument(text)}'; expected auto, or layers with commas between them such as 10,11,11,9"));
        return split;
    }

    /// <summary>The price given for this system; a price given for another one is a mistake, not a figure to be dropped in silence.</summary>
    public static double? Price(ParsedArguments arguments, SystemDescription system, List<Diagnostic> problems)
    {
        double? price = null;
        foreach (string pair in arguments.Texts("--price"))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            string name = pair[..equals];
            string figure = pair[(equals + 1)..];
            if (!string.Equals(name, system.Id, StringComparison.OrdinalIgnoreCase) && !system.Aliases.Contains(name, StringComparer.OrdinalIgnoreCase))
                problems.Add(new(Severity.Error, ErrorCodes.PriceOfAnother, "--price", 0, 0, $"names '{Quote.Argument(name)}'; the system of this job is '{system.Id}'"));
            if (!(Quantity.TryParse(figure, QuantityKind.Number, out double usd, out _) || Quantity.TryParse(figure, QuantityKind.Money, out usd, out _))
                || usd is not (>= 0 and <= 1e6))
            {
                problems.Add(new(
                    Severity.Error, ErrorCodes.WrongValue, "--price", 0, 0,
                    $"found '{Quote.Argument(figure)}'; expected US dollars for one chip and hour, such as {system.Id}=2.24"));
            }
            else
            {
                price = usd;
            }
        }

        return price;
    }

    private static FlagDescription Degree(string name, string help) =>
        new(name, FlagKind.Integer, "N", help + "; chosen when left out") { High = LargestDegree };

    private static FlagDescription Chosen<T>(string name, string help, ChoiceList<T> list)
        where T : Choice => Word(name, $"{help}: {string.Join('|', list.Words)}", list.Words);

    private static FlagDescription Word(string name, string help, string[] words) => new(name, FlagKind.Word, "WORD", help) { Words = words };
}
