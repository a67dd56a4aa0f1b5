using System.Globalization;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Cli.Verbs;

/// <summary>Turns <c>--disaggregate</c> and the flags of its pools into two requests; everything wrong is said.</summary>
public static class PoolQuestionReader
{
    private const string Flag = "--disaggregate";

    /// <summary>Reads the split; null where there is none or it is wrong.</summary>
    public static PoolSplit? Split(ParsedArguments arguments, List<Diagnostic> problems)
    {
        if (arguments.Text(Flag) is not { } text)
        {
            foreach (string name in ServeFlags.OfPools)
            {
                if (arguments.Text(name) is not null)
                    problems.Add(Error(name, $"means something only with {Flag}"));
            }

            return null;
        }

        Result<PoolSplit> split = PoolSplit.Parse(text);
        problems.AddRange(split.Diagnostics);
        int? chips = arguments.Integer("--chips");
        if (split.Value is { IsBest: true })
        {
            if (chips is null || arguments.Text("--system") is null)
                problems.Add(Error(Flag, $"'{PoolSplit.Best}' splits the chips of one system: --system and --chips are needed"));
            if (arguments.Text("--plan") is not null)
                problems.Add(Error("--plan", $"has no meaning with {Flag} {PoolSplit.Best}, which tries widths of its own"));
            if (arguments.Text("--rate") is null)
                arguments.Add("--rate", "max", double.NaN);
            else if (!double.IsNaN(arguments.Number("--rate") ?? double.NaN))
                problems.Add(Error("--rate", $"is a number, but '{Flag} {PoolSplit.Best}' compares the highest rates; leave it out or say max"));
            if (arguments.Integer("--concurrency") is not null)
                problems.Add(Error(Flag, $"'{PoolSplit.Best}' compares highest rates; clients that wait have none: leave --concurrency out"));
        }
        else if (split.Value is { Prompts: { } prompts, Answers: { } answers } && chips is { } whole && whole != (long)prompts.Chips + answers.Chips)
        {
            problems.Add(Error("--chips", string.Create(CultureInfo.InvariantCulture, $"is {whole}, but the pools have {prompts.Chips} + {answers.Chips} = {(long)prompts.Chips + answers.Chips}; leave it out or let it be their sum")));
        }

        else if (arguments.Text("--plan") is not null)
        {
            problems.Add(Error("--plan", $"has no meaning with {Flag}; --prefill-tp and --decode-tp set the width of each pool, {Flag} {PoolSplit.Best} finds a split"));
        }

        if (arguments.Text("--replicas") is not null)
            problems.Add(Error("--replicas", $"has no meaning with {Flag}: each pool has as many replicas as it has ranks for"));
        return split.Value;
    }

    /// <summary>The system of one pool: its own, else that of the whole.</summary>
    public static SystemDescription? SystemOf(string name, PoolShare pool, SystemDescription? whole, DataCatalog catalog, List<Diagnostic> problems)
    {
        if (pool.System is null)
        {
            if (whole is null)
                problems.Add(Error(Flag, $"{name} names no system, and there is no --system"));
            return whole;
        }

        Result<SystemDescription> system = catalog.System(pool.System);
        problems.AddRange(system.Diagnostics);
        return system.Value;
    }

    /// <summary>The request for two pools; <paramref name="whole"/> holds what both share.</summary>
    public static ServingRequest With(
        ServingRequest whole, PoolSplit split, SystemDescription prompts, SystemDescription answers, ParsedArguments arguments, ServingContext context, List<Diagnostic> problems)
    {
        ServingRequest first = Pool("prefill", whole, prompts, split.Prompts!.Chips, arguments, context, problems) with { MaxBatch = null };
        ServingRequest second = Pool("decode", whole, answers, split.Answers!.Chips, arguments, context, problems) with { TokenBudget = null };
        first = first with { UsdPerChipHour = Price(arguments, prompts, answers, problems) };
        second = second with { UsdPerChipHour = Price(arguments, answers, prompts, problems) };
        return Join(first, second, whole, arguments, problems);
    }

    /// <summary>The request for the best split; the search sets the chips of each pool.</summary>
    public static ServingRequest Search(ServingRequest whole, ParsedArguments arguments, ServingContext context, List<Diagnostic> problems)
    {
        ServingRequest first = Pool("prefill", whole, whole.System, whole.Chips, arguments, context, problems) with { MaxBatch = null, UsdPerChipHour = whole.UsdPerChipHour };
        ServingRequest second = Pool("decode", whole, whole.System, whole.Chips, arguments, context, problems) with { TokenBudget = null, UsdPerChipHour = whole.UsdPerChipHour };
        return Join(first, second, whole, arguments, problems) with { Chips = whole.Chips, Undivided = whole };
    }

    private static ServingRequest Join(ServingRequest prompts, ServingRequest answers, ServingRequest whole, ParsedArguments arguments, List<Diagnostic> problems)
    {
        PoolPair pair = new()
        {
            Prompts = prompts,
            Answers = answers,
            Moment = arguments.Text("--kv-transfer") is { } moment ? (KvMoment)Array.IndexOf(ServeFlags.KvTransferWords, moment) : null,
            AnswersBegin = arguments.Text("--first-token") is { } maker ? maker == ServeFlags.FirstTokenWords[1] : null,
            AnswerRouter = arguments.Text("--decode-router") is { } router ? Routers.Find(router) : null,
            PortRate = PortRate(arguments.Text("--kv-port-rate"), problems),
        };
        return answers with { Workload = whole.Workload, ServiceLevel = whole.ServiceLevel, Chips = pair.Chips, Pools = pair };
    }

    /// <summary>Prices may name the system of either pool.</summary>
    private static double? Price(ParsedArguments arguments, SystemDescription system, SystemDescription other, List<Diagnostic> problems)
    {
        double? price = null;
        foreach (string pair in arguments.Texts("--price"))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            string name = pair[..equals];
            bool isOwn = IsNamed(system, name);
            if (!isOwn && !IsNamed(other, name))
                problems.Add(new(Severity.Error, ErrorCodes.PriceOfAnother, "--price", 0, 0, $"names '{Quote.Argument(name)}'; the systems of this job are '{system.Id}' and '{other.Id}'"));
            string figure = pair[(equals + 1)..];
            if (!(Quantity.TryParse(figure, QuantityKind.Number, out double usd, out _) || Quantity.TryParse(figure, QuantityKind.Money, out usd, out _)) || usd is not (>= 0 and <= 1e6))
                problems.Add(new(Severity.Error, ErrorCodes.WrongValue, "--price", 0, 0, $"found '{Quote.Argument(figure)}'; expected US dollars for one chip and hour, such as {system.Id}=2.24"));
            else if (isOwn)
                price = usd;
        }

        return price;
    }

    /// <summary>What one pool has of its own, and of the whole what fits its chip.</summary>
    public static ServingRequest Pool(string name, ServingRequest whole, SystemDescription system, int chips, ParsedArguments arguments, ServingContext context, List<Diagnostic> problems)
    {
        bool isPrompts = name == "prefill";
        ServingStack stack = whole.Stack;
        Result<ServingStack>? own = arguments.Text($"--{name}-stack") is { } named ? context.Stacks.Stack(named)
            : stack.Architectures.Contains(system.Chip.Architecture) && arguments.Text("--stack") is not null ? null
            : context.Stacks.DefaultFor(system.Chip.Architecture);
        if (own is not null)
        {
            foreach (Diagnostic one in own.Diagnostics)
                problems.Add(one with { File = one.File == "--stack" && (arguments.Text($"--{name}-stack") is not null) ? $"--{name}-stack" : one.File });
            stack = own.Value ?? stack;
        }

        NumberFormat? asked = Format(arguments.Text($"--{name}-precision"));
        return whole with
        {
            System = system,
            Stack = stack,
            Chips = chips,
            // A setting of Neuron chips says nothing to others.
            Lnc = whole.Lnc is { } lnc && system.Chip.RanksAt(lnc, out _) is null && system.Chip.Architecture != ChipArchitecture.Neuron ? null : whole.Lnc,
            TensorParallel = arguments.Integer(isPrompts ? "--prefill-tp" : "--decode-tp") ?? whole.TensorParallel,
            DataParallel = arguments.Integer(isPrompts ? "--prefill-dp" : "--decode-dp") ?? whole.DataParallel,
            ExpertParallel = arguments.Integer(isPrompts ? "--prefill-ep" : "--decode-ep") ?? whole.ExpertParallel,
            Precision = asked ?? (whole.Precision is { } wanted ? PoolPrecision.On(system.Chip, wanted) : null),
            UsdPerChipHour = null,
            ServiceLevel = null,
        };
    }

    private static BytesPerSecond? PortRate(string? text, List<Diagnostic> problems)
    {
        if (text is null)
            return null;
        if (Quantity.TryParse(text, QuantityKind.DataRate, out double rate, out string problem) && rate > 0)
            return new BytesPerSecond(rate);
        problems.Add(new(Severity.Error, ErrorCodes.WrongValue, "--kv-port-rate", 0, 0, $"found '{Quote.Argument(text)}'; {(problem.Length > 0 ? problem : "expected a rate above 0, such as 400Gbps")}"));
        return null;
    }

    private static bool IsNamed(SystemDescription system, string name) =>
        string.Equals(name, system.Id, StringComparison.OrdinalIgnoreCase) || system.Aliases.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static NumberFormat? Format(string? text) => text is not null && NumberFormats.TryParse(text, out NumberFormat format) ? format : null;

    private static Diagnostic Error(string place, string message) => new(Severity.Error, ServingCode.BadPools, place, 0, 0, message);
}
