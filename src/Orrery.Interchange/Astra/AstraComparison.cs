using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Interchange;

/// <summary>One of ASTRA-sim's own benchmarks, replayed three ways, beside its own answer.</summary>
/// <param name="Kind">The collective.</param>
/// <param name="Bytes">That each rank hands in.</param>
/// <param name="Network">Its network file.</param>
/// <param name="Flow">Our replay at flow level, the result.</param>
/// <param name="Theirs">What ASTRA-sim answers.</param>
/// <param name="Account">What that is made of by its model.</param>
/// <param name="Latency">Of our closed form, the part that does not grow with size.</param>
public sealed record AstraCase(
    ChakraCollective Kind, double Bytes, int Ranks, string Network, string Algorithm, Seconds Bound, Seconds Closed, Seconds Flow, Seconds Theirs, AstraAccount Account, Seconds Latency)
{
    /// <summary>The share by which the flow level may differ from the formula where nothing contends.</summary>
    public const double Tolerance = 0.1;

    private const double Slack = 1e-9;

    /// <summary>More bytes on a link: one direction, or the way round.</summary>
    public Seconds MoreWire => Account.Wire - (Closed - Latency);

    /// <summary>More latency: chunks that follow one another pay it again each; end points with it.</summary>
    public Seconds MoreLatency => Account.Latency + Account.EndPoints - Latency;

    /// <summary>What the account leaves unexplained.</summary>
    public Seconds Unexplained => Theirs - Account.Total;

    /// <summary>At or above the bound, and close to the formula.</summary>
    public bool IsGood => Closed.Value >= Bound.Value * (1 - Slack) && Flow.Value >= Bound.Value * (1 - Slack) && Math.Abs((Flow.Value / Closed.Value) - 1) <= Tolerance;

    /// <summary>True where the mechanisms explain ASTRA-sim's answer to a hundredth.</summary>
    public bool IsExplained => Math.Abs(Unexplained.Value) <= 0.01 * Theirs.Value;
}

/// <summary>ASTRA-sim's shipped micro-benchmarks on its shipped networks: ours and its own answers side by side.</summary>
public static class AstraComparison
{
    /// <summary>Replays every line of <c>data/chakra/astra-sim.csv</c>.</summary>
    public static (ImmutableArray<AstraCase> Cases, ImmutableArray<Diagnostic> Diagnostics) Run(string dataRoot)
    {
        List<Diagnostic> diagnostics = [];
        ImmutableArray<AstraCase>.Builder cases = ImmutableArray.CreateBuilder<AstraCase>();
        string folder = Path.Combine(dataRoot, "chakra");
        foreach (string line in File.ReadLines(Path.Combine(folder, "astra-sim.csv")).Skip(1))
        {
            string[] cells = line.Split(',');
            if (cells.Length == 4 && One(folder, cells, diagnostics) is { } one)
                cases.Add(one);
        }

        return (cases.ToImmutable(), [.. diagnostics]);
    }

    private static AstraCase? One(string folder, string[] cells, List<Diagnostic> diagnostics)
    {
        Result<TraceSet> set = TraceSet.Read(Path.Combine(folder, cells[0]));
        Result<AstraNetwork> network = AstraNetwork.ReadFile(Path.Combine(folder, cells[1]));
        Result<AstraSystem> system = AstraSystem.ReadFile(Path.Combine(folder, cells[2]));
        diagnostics.AddRange([.. set.Diagnostics, .. network.Diagnostics, .. system.Diagnostics]);
        if (set.Value is null || network.Value is null || system.Value is null)
            return null;
        ReplayReport? closed = Replay(set.Value, network.Value, system.Value, ReplayNetwork.Closed, diagnostics);
        ReplayReport? flow = Replay(set.Value, network.Value, system.Value, ReplayNetwork.Flow, diagnostics);
        if (closed is null || flow is null)
            return null;
        ReplayExchange exchange = closed.Program.Exchanges[0];
        AstraAccount account = AstraAccount.Of(network.Value, system.Value, exchange.Kind, exchange.Bytes)
            ?? throw new InvalidOperationException($"{cells[0]} on {cells[1]} is not of the kind the account knows");
        return new AstraCase(
            exchange.Kind, exchange.Bytes, exchange.Ranks, Path.GetFileName(cells[1]), exchange.Price.Algorithm, exchange.Price.Bound, closed.Makespan, flow.Makespan,
            new Seconds(double.Parse(cells[3], CultureInfo.InvariantCulture) * 1e-9), account, exchange.Price.Latency);
    }

    private static ReplayReport? Replay(TraceSet set, AstraNetwork network, AstraSystem system, ReplayNetwork how, List<Diagnostic> diagnostics)
    {
        Result<ReplayProgram> compiled = ReplayCompiler.Compile(set, ReplayFabric.Of(network, system, how, "ASTRA-sim"));
        diagnostics.AddRange(compiled.Diagnostics);
        return compiled.Value is null ? null : ReplayReport.Of(compiled.Value);
    }
}
