using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Fabric;
using Orrery.Units;

namespace Orrery.Cli.Verbs;

/// <summary>Flags that say how the network is priced and what is wrong with it, the same for every verb.</summary>
public static class NetworkWords
{
    /// <summary>In the order of <see cref="NetworkKind"/>.</summary>
    public static readonly string[] Kinds = ["closed", "bound", "flow"];

    /// <summary>Part of a rate.</summary>
    public static FlagDescription Slow => new("--slow", FlagKind.Pair, "LINK=0.5", "with --network flow, a link, port or switch at a part of its rate") { Repeats = true };

    /// <summary>Out of service.</summary>
    public static FlagDescription Fail => new("--fail", FlagKind.Text, "LINK", "with --network flow, a link, port or switch out of service") { Repeats = true };

    /// <summary>Faults that were asked for; what is wrong with them goes to <paramref name="problems"/>.</summary>
    public static ImmutableArray<NetworkFault> Faults(ParsedArguments arguments, List<Diagnostic> problems)
    {
        ImmutableArray<NetworkFault>.Builder faults = ImmutableArray.CreateBuilder<NetworkFault>();
        foreach (string link in arguments.Texts("--fail"))
            faults.Add(new NetworkFault(link, 0));
        foreach (string pair in arguments.Texts("--slow"))
        {
            int equals = pair.LastIndexOf('=');
            if (equals > 0 && Quantity.TryParse(pair.AsSpan(equals + 1), QuantityKind.Number, out double factor, out _) && factor is > 0 and <= 1)
                faults.Add(new NetworkFault(pair[..equals], factor));
            else
                problems.Add(Wrong(ErrorCodes.WrongValue, "--slow", $"found '{Quote.Argument(pair)}'; expected LINK=PART with a part above 0 and at most 1"));
        }

        if (faults.Count > 0 && arguments.Text("--network") != "flow")
            problems.Add(Wrong(ErrorCodes.NotAvailable, faults[0].Factor > 0 ? "--slow" : "--fail", "needs --network flow"));
        return faults.ToImmutable();
    }

    /// <summary>Lays the faults on a machine; names that it does not have go to <paramref name="problems"/>.</summary>
    public static void Apply(IEnumerable<NetworkFault> faults, FabricGraph graph, List<Diagnostic> problems)
    {
        foreach (NetworkFault fault in faults)
        {
            if (graph.Apply(fault.Link, fault.Factor) is { } problem)
                problems.Add(Wrong(ErrorCodes.WrongValue, fault.Factor > 0 ? "--slow" : "--fail", problem));
        }
    }

    private static Diagnostic Wrong(string code, string flag, string message) => new(Severity.Error, code, flag, 0, 0, message);
}
