using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Cli.Reports;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Cli.Verbs;

/// <summary>Reads what an engine does about proposed tokens, the host's memory and classes of requests.</summary>
internal static class EngineQuestionReader
{
    private const string Swap = "swap";

    /// <summary>What sequences do that lose their blocks.</summary>
    public static ImmutableArray<string> Preemptions { get; } = ["recompute", Swap];

    /// <summary>The request with these options; everything wrong is said at once.</summary>
    public static ServingRequest Read(ServingRequest request, ParsedArguments arguments, string dataRoot, List<Diagnostic> problems)
    {
        ulong seed = (ulong)(arguments.Number("--seed") ?? 0);
        Speculation? speculation = null;
        if (arguments.Text("--speculate") is { } how)
        {
            Result<Speculation> read = SpeculationText.Read(how, request.Model, request.Stack, dataRoot, seed);
            problems.AddRange(read.Diagnostics);
            speculation = read.Value;
        }

        ServingWorkload workload = request.Workload;
        if (arguments.Text("--priorities") is { } shares)
        {
            Result<PriorityShares> read = PriorityShares.Parse(shares);
            problems.AddRange(read.Diagnostics);
            if (read.Value is { } classes)
                workload = workload.With(trace => classes.Deal(trace, seed));
        }

        Bytes? host = null;
        if (arguments.Text("--host-cache") is { } bytes)
        {
            if (Quantity.TryParse(bytes, out Bytes value, out string problem) && value.Value >= 0)
                host = value;
            else
                problems.Add(Wrong("--host-cache", problem.Length > 0 ? problem : "is negative; expected an amount of data, such as '96 GiB'"));
        }

        Seconds? ageing = null;
        if (arguments.Text("--ageing") is { } time)
        {
            if (Quantity.TryParse(time, QuantityKind.Duration, out double seconds, out string problem) && seconds is >= 0 and <= 1e6)
                ageing = new Seconds(seconds);
            else
                problems.Add(Wrong("--ageing", problem.Length > 0 ? problem : "is out of range; expected a time from 0 to 1e6 s, such as '30 s'"));
        }

        return request with
        {
            Workload = workload,
            Speculation = speculation,
            Swaps = arguments.Text("--preemption") is { } word ? word == Swap : null,
            HostCache = host,
            Ageing = ageing,
        };
    }

    private static Diagnostic Wrong(string flag, string problem) => new(Severity.Error, ErrorCodes.WrongValue, flag, 0, 0, $"the value {problem}");
}
