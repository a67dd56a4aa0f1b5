using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Validation.Inference;

/// <summary>
/// How published serving rows are read where their own columns mislead or say too little: <c>data/validation/inference-rules.yaml</c>. Every rule
/// states its reason; those that fit a row speak in file order. No rule names a case.
/// </summary>
public sealed class InferenceRules
{
    private readonly ImmutableArray<Rule> rules;

    private InferenceRules(ImmutableArray<Rule> rules) => this.rules = rules;

    /// <summary>Reads the table.</summary>
    public static Result<InferenceRules> Load(string dataRoot)
    {
        const string Name = "inference-rules.yaml";
        DiagnosticList list = new($"data/validation/{Name}");
        MappingReader? top = MappingReader.OfRoot(YamlReader.ReadFile(Path.Combine(dataRoot, "validation", Name), list), list);
        ImmutableArray<Rule>.Builder read = ImmutableArray.CreateBuilder<Rule>();
        foreach (MappingReader one in top?.Groups("rules") ?? [])
        {
            Condition when = one.Group("when") is { } conditions ? Condition.Read(conditions) : new Condition();
            Action then = one.RequiredGroup("then", "what the rule says of the row") is { } action ? Action.Read(action) : new Action();
            one.Text("source");
            read.Add(new Rule(one.RequiredText("name", "a short name"), one.RequiredText("reason", "why rows are read so"), when, then));
            one.Finish();
        }

        top?.Finish();
        return new(list.HasErrors || top is null ? null : new InferenceRules(read.ToImmutable()), list.InOrder());
    }

    /// <summary>The case as it is to be read.</summary>
    public InferenceReading Read(InferenceCase row)
    {
        NumberFormat linear = FormatOf(row.WeightType) ?? NumberFormat.Bf16;
        InferenceReading reading = new()
        {
            TensorParallel = row.TensorParallel ?? 1,
            // Offline tables print attention data parallelism as data parallelism.
            AttentionDataParallel = row.AttentionDataParallel ?? row.DataParallel ?? 1,
            ExpertParallel = row.ExpertParallel ?? 1,
            Linear = linear,
            Experts = FormatOf(row.ExpertType) ?? linear,
            Kv = FormatOf(row.KvType) ?? NumberFormat.Bf16,
        };
        foreach (Rule rule in rules)
        {
            if (rule.When.Holds(row, reading))
                reading = rule.Then.Apply(row, reading, rule);
        }

        return reading;
    }

    private static NumberFormat? FormatOf(string text) =>
        text.Length > 0 && NumberFormats.TryParse(text.Replace('_', '-').ToLowerInvariant(), out NumberFormat format) ? format : null;

    private static readonly ImmutableArray<string> MethodWords = ["closed-loop", "static-batch", "offline"];

    private sealed record Rule(string Name, string Reason, Condition When, Action Then);

    /// <summary>What a row must have for a rule to speak; a list is any of, an absent key is anything.</summary>
    private sealed record Condition
    {
        private ImmutableArray<string> Group { get; init; } = [];

        private ImmutableArray<string> Framework { get; init; } = [];

        private ImmutableArray<string> Config { get; init; } = [];

        private ImmutableArray<string> Printed { get; init; } = [];

        private ImmutableArray<string> Chip { get; init; } = [];

        private ImmutableArray<string> Mode { get; init; } = [];

        private ImmutableArray<string> Weights { get; init; } = [];

        private ImmutableArray<string> Stack { get; init; } = [];

        private ImmutableArray<string> Published { get; init; } = [];

        private ImmutableArray<string> Lengths { get; init; } = [];

        private ImmutableArray<string> Degrees { get; init; } = [];

        private string PublishedFrom { get; init; } = "";

        private string PublishedBefore { get; init; } = "";

        private ImmutableArray<string> Experts { get; init; } = [];

        private int MostConcurrency { get; init; }

        private int MostDegree { get; init; }

        private int LeastAttentionRanks { get; init; }

        private int LeastConcurrency { get; init; }

        private int LeastDegree { get; init; }

        private int LeastBatch { get; init; }

        private ImmutableArray<string> Speculative { get; init; } = [];

        private bool? DegreesMultiplied { get; init; }

        public static Condition Read(MappingReader group)
        {
            Condition condition = new()
            {
                Group = group.Words("group"),
                Framework = group.Words("framework"),
                Config = group.Words("config"),
                Printed = group.Words("printed"),
                Chip = group.Words("chip"),
                Mode = group.Words("mode"),
                Weights = group.Words("weights"),
                Stack = group.Words("stack"),
                Published = group.Words("published"),
                Lengths = group.Words("lengths"),
                Degrees = group.Words("tp"),
                PublishedFrom = group.Text("publishedFrom"),
                PublishedBefore = group.Text("publishedBefore"),
                Experts = group.Words("experts"),
                MostConcurrency = group.Integer("mostConcurrency", 1, int.MaxValue, int.MaxValue),
                MostDegree = group.Integer("mostTp", 1, int.MaxValue, int.MaxValue),
                LeastAttentionRanks = group.Integer("leastAttentionRanks", 1, int.MaxValue, 1),
                LeastConcurrency = group.Integer("leastConcurrency", 1, int.MaxValue, 1),
                LeastBatch = group.Integer("leastBatch", 1, int.MaxValue, 1),
                Speculative = group.Words("speculative"),
                LeastDegree = group.Integer("leastTp", 1, int.MaxValue, 1),
                DegreesMultiplied = group.Has("degreesMultiplied") ? group.Flag("degreesMultiplied", fallback: false) : null,
            };
            group.Finish();
            return condition;
        }

        public bool Holds(InferenceCase row, InferenceReading reading) =>
            Fits(Group, row.Origin.Group) && Fits(Framework, row.Framework) && Fits(Config, row.ModelConfig) && Fits(Printed, row.Model) && Fits(Chip, row.Chip)
            && Fits(Mode, row.Mode) && Fits(Weights, row.WeightType) && Fits(Stack, row.Origin.Stack) && Fits(Published, row.Published)
            && Fits(Lengths, $"{row.InputTokens}/{row.OutputTokens}") && Fits(Degrees, $"{reading.TensorParallel}")
            && (PublishedFrom.Length == 0 || (row.Published.Length == 10 && string.CompareOrdinal(row.Published, PublishedFrom) >= 0))
            && (PublishedBefore.Length == 0 || (row.Published.Length == 10 && string.CompareOrdinal(row.Published, PublishedBefore) < 0))
            && (row.Concurrency ?? int.MaxValue) >= LeastConcurrency && (row.Concurrency ?? 0) <= MostConcurrency
            && reading.TensorParallel >= LeastDegree && reading.TensorParallel <= MostDegree && reading.AttentionDataParallel >= LeastAttentionRanks
            && Fits(Experts, reading.Experts.Text())
            && (row.Batch ?? 1) >= LeastBatch && Fits(Speculative, row.Speculative)
            && (DegreesMultiplied is not { } wanted || wanted == (row.ExpertTensorParallel is > 1 && row.ExpertTensorParallel == row.ExpertParallel
                && (row.TensorParallel ?? 1) * (row.AttentionDataParallel ?? 1) == row.ExpertTensorParallel * row.ExpertParallel));

        private static bool Fits(ImmutableArray<string> words, string text)
        {
            if (words.IsEmpty)
                return true;
            foreach (string word in words)
            {
                bool fits = word.EndsWith('*') ? text.StartsWith(word[..^1], StringComparison.Ordinal) : text == word;
                if (fits)
                    return true;
            }

            return false;
        }
    }

    /// <summary>What a rule says; an absent key leaves the reading as it was.</summary>
    private sealed record Action
    {
        private string Class { get; init; } = "";

        private bool SetsAside { get; init; }

        private bool SetsFirstTokenAside { get; init; }

        private double? LengthShare { get; init; }

        private int RequestsPerClient { get; init; }

        private double? ClientDelay { get; init; }

        private int StreamInterval { get; init; }

        private bool DividesDegrees { get; init; }

        private string Model { get; init; } = "";

        private string OtherStack { get; init; } = "";

        private InferenceMethod? Method { get; init; }

        private bool IsOverWhole { get; init; }

        private bool CountsOnce { get; init; }

        private bool SplitsAttention { get; init; }

        private BenchmarkLimits? Limits { get; init; }

        private NumberFormat? Linear { get; init; }

        private NumberFormat? Experts { get; init; }

        private NumberFormat? Kv { get; init; }

        private int TokenBudget { get; init; }

        private int BudgetBeyond { get; init; }

        private int LeastBudget { get; init; }

        private bool BudgetsByRank { get; init; }

        private int MaxBatch { get; init; }

        private int PollIterations { get; init; }

        private int HoldIterations { get; init; }

        private double HoldShare { get; init; }

        private bool HoldsForRanks { get; init; }

        private double MemoryShare { get; init; }

        private bool IsWarm { get; init; }

        public static Action Read(MappingReader group)
        {
            Action action = new()
            {
                Class = group.Text("class"),
                SetsAside = group.Flag("setAside", fallback: false),
                SetsFirstTokenAside = group.Flag("setFirstTokenAside", fallback: false),
                LengthShare = group.Quantity("lengthShare", QuantityKind.Number, 0.01, 1),
                RequestsPerClient = group.Integer("requestsPerClient", 1, 100_000, 0),
                ClientDelay = group.Quantity("clientDelay", QuantityKind.Duration, 0, 100),
                StreamInterval = group.Integer("streamInterval", 1, 10_000, 0),
                DividesDegrees = group.Flag("divideDegrees", fallback: false),
                TokenBudget = group.Integer("tokenBudget", 1, 1 << 24, 0),
                BudgetBeyond = group.Integer("budgetBeyond", 1, 1 << 24, 0),
                BudgetsByRank = group.Flag("budgetByRank", fallback: false),
                LeastBudget = group.Integer("leastBudget", 1, 1 << 24, 0),
                MaxBatch = group.Integer("maxBatch", 1, 1 << 16, 0),
                PollIterations = group.Integer("pollIterations", 1, 10_000, 0),
                HoldIterations = group.Integer("holdIterations", 1, 10_000, 0),
                HoldShare = group.Quantity("holdShare", QuantityKind.Number, 0.01, 1) ?? 0,
                HoldsForRanks = group.Flag("holdForRanks", fallback: false),
                MemoryShare = group.Quantity("memoryShare", QuantityKind.Number, 0.1, 1) ?? 0,
                IsWarm = group.Flag("warm", fallback: false),
                Model = group.Text("model"),
                OtherStack = group.Text("stack"),
                Method = group.Has("method") ? (InferenceMethod)group.Word("method", MethodWords) : null,
                IsOverWhole = group.Flag("overWhole", fallback: false),
                CountsOnce = group.Flag("countOnce", fallback: false),
                SplitsAttention = group.Flag("splitAttention", fallback: false),
                Limits = group.Group("limits") is { } limits ? ReadLimits(limits) : null,
                Linear = Format(group, "linear"),
                Experts = Format(group, "experts"),
                Kv = Format(group, "kv"),
            };
            group.Finish();
            return action;
        }

        public InferenceReading Apply(InferenceCase row, InferenceReading before, Rule rule)
        {
            InferenceReading after = before with
            {
                Class = Class.Length > 0 ? Class : before.Class,
                SetAside = SetsAside && before.SetAside.Length == 0 ? rule.Reason : before.SetAside,
                FirstTokenSetAside = SetsFirstTokenAside && before.FirstTokenSetAside.Length == 0 ? rule.Reason : before.FirstTokenSetAside,
                LengthShare = LengthShare ?? before.LengthShare,
                RequestsPerClient = RequestsPerClient > 0 ? RequestsPerClient : before.RequestsPerClient,
                ClientDelay = ClientDelay ?? before.ClientDelay,
                StreamInterval = StreamInterval > 0 ? StreamInterval : before.StreamInterval,
                Model = Model.Length > 0 ? Model : before.Model,
                Stack = OtherStack.Length > 0 ? OtherStack : before.Stack,
                Method = Method ?? before.Method,
                IsOverWhole = IsOverWhole || before.IsOverWhole,
                CountsOnce = CountsOnce || before.CountsOnce,
                Limits = Limits ?? before.Limits,
                Linear = Linear ?? before.Linear,
                Experts = Experts ?? before.Experts,
                Kv = Kv ?? before.Kv,
                TokenBudget = Budget(row, before),
                BudgetsByRank = BudgetsByRank || before.BudgetsByRank,
                MaxBatch = MaxBatch > 0 ? MaxBatch : before.MaxBatch,
                PollIterations = PollIterations > 0 ? PollIterations : before.PollIterations,
                HoldIterations = HoldIterations > 0 ? HoldIterations : before.HoldIterations,
                HoldShare = HoldShare > 0 ? HoldShare : before.HoldShare,
                HoldsForRanks = HoldsForRanks || before.HoldsForRanks,
                MemoryShare = MemoryShare > 0 ? MemoryShare : before.MemoryShare,
                IsWarm = IsWarm || before.IsWarm,
                Rules = before.Rules.Length == 0 ? rule.Name : $"{before.Rules};{rule.Name}",
            };
            if (SplitsAttention && after.AttentionDataParallel == 1)
                after = after with { TensorParallel = 1, AttentionDataParallel = after.TensorParallel, ExpertParallel = after.TensorParallel };
            if (!DividesDegrees || row.ExpertParallel is not { } experts)
                return after;
            // Ranks are those that share the experts; attention is split or repeated over the same ranks.
            int attention = row.AttentionDataParallel ?? 1;
            bool isSplit = attention == 1;
            return after with
            {
                TensorParallel = isSplit ? experts : 1,
                AttentionDataParallel = isSplit ? 1 : experts,
                ExpertParallel = experts,
            };
        }

        private static BenchmarkLimits ReadLimits(MappingReader group)
        {
            BenchmarkLimits limits = new(
                group.Integer("mostSequences", 1, int.MaxValue, 1), group.Integer("leastTokens", 1, int.MaxValue, 1), group.Integer("mostTokens", 1, int.MaxValue, int.MaxValue));
            group.Finish();
            return limits;
        }

        /// <summary>A fixed budget, or room for a prompt, all in flight and some more in whole tiles of 64 tokens.</summary>
        private int Budget(InferenceCase row, InferenceReading before)
        {
            const int Tile = 64;
            if (BudgetBeyond > 0)
                return Math.Max(LeastBudget, ((row.Concurrency ?? 0) + (row.InputTokens ?? 0) + BudgetBeyond + Tile - 1) / Tile * Tile);
            return TokenBudget > 0 ? TokenBudget : before.TokenBudget;
        }

        private static NumberFormat? Format(MappingReader group, string key)
        {
            if (group.Scalar(key) is not { } word)
                return null;
            if (NumberFormats.TryParse(word.Text, out NumberFormat format))
                return format;
            group.Diagnostics.Error(DiagnosticCode.UnknownWord, word.Position, $"'{word.Text}' is no number format; {Suggestion.Of(word.Text, [.. Enum.GetValues<NumberFormat>().Select(static known => known.Text())])}");
            return null;
        }
    }
}
