using Orrery.Catalog;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// Constants of one operation on one chip's scale-up switch, fitted on measured sweeps. Times in seconds, shares of the chip's rated
/// one-direction bandwidth.
/// </summary>
/// <remarks>
/// With f the bytes a member sends in a ring, n the members, L the rated bandwidth:
/// <c>low latency = LowBase + LowPerRank (n-1) + f / (LowShare L)</c>;
/// <c>bulk = BulkBase + BulkPerRank (n-1) + f / (BulkShare L (n/8)^Exponent) + Fill sqrt(f (n-1) / L)</c>, where the root is the filling of a chunked
/// ring at its best chunk; <c>in switch = SwitchBase + (1 + 1/n) S / (SwitchShare L)</c>.
/// </remarks>
/// <param name="LowBase">Start-up of the low-latency protocol.</param>
/// <param name="LowPerRank">One step of it.</param>
/// <param name="LowShare">Its share of the link: flags travel with the data.</param>
/// <param name="BulkBase">Start-up of the bulk protocol.</param>
/// <param name="BulkPerRank">One step of it.</param>
/// <param name="BulkShare">Its share of the link with eight members.</param>
/// <param name="Fill">In square roots of a second.</param>
/// <param name="Exponent">How that share changes with the size of the group.</param>
/// <param name="SwitchBase">Start-up of reduction in the switch.</param>
/// <param name="SwitchShare">Its share of the link; 0 where the switch does not reduce.</param>
/// <param name="LargestGroup">Members in the largest group measured; the share is not extrapolated beyond.</param>
/// <param name="Floor">No call is faster: the host that launches it.</param>
/// <param name="IsOneShot">True where the low-latency protocol sends whole vectors from each to each.</param>
/// <param name="Sigma">Standard deviation of log(measured / predicted) on rows not fitted.</param>
public readonly record struct ProtocolConstants(
    double LowBase, double LowPerRank, double LowShare, double BulkBase, double BulkPerRank, double BulkShare, double Fill, double Exponent,
    double SwitchBase, double SwitchShare, int LargestGroup, double Sigma, double Floor = 0, bool IsOneShot = false)
{
    /// <summary>Members at which <see cref="BulkShare"/> holds.</summary>
    public const double ReferenceGroup = 8;

    /// <summary>No protocol drives a link faster than its rate.</summary>
    public double ShareOf(int ranks) => Math.Min(1, BulkShare * Math.Pow(Math.Clamp(ranks, 1, LargestGroup) / ReferenceGroup, Exponent));

    /// <summary>Fixed times and shares of the link times the factors of a machine of one's own; no share rises above 1.</summary>
    public ProtocolConstants Scaled(ScopeOverlay own) => this with
    {
        LowBase = LowBase * own.Startup,
        LowPerRank = LowPerRank * own.Startup,
        LowShare = Math.Min(1, LowShare * own.Bandwidth),
        BulkBase = BulkBase * own.Startup,
        BulkPerRank = BulkPerRank * own.Startup,
        BulkShare = Math.Min(1, BulkShare * own.Bandwidth),
        SwitchBase = SwitchBase * own.Startup,
        SwitchShare = Math.Min(1, SwitchShare * own.Bandwidth),
        Sigma = own.Sigma,
    };

    /// <summary>Bytes that each member sends in the low-latency protocol.</summary>
    public double LowBytes(CollectiveKind kind, Bytes size, int ranks) =>
        IsOneShot && kind == CollectiveKind.AllReduce ? (ranks - 1) * size.Value : RingBytes(kind, size, ranks);

    /// <summary>The low-latency protocol as a step.</summary>
    public CollectiveStep LowLatency(CollectiveKind kind, Bytes size, in GroupPorts ports)
    {
        double bytes = LowBytes(kind, size, ports.Ranks), start = LowBase + (LowPerRank * (ports.Ranks - 1));
        return new CollectiveStep(IsOneShot ? TransferPattern.Direct : PatternOf(kind), bytes, 0)
        {
            Fixed = Start(start, bytes / (LowShare * ports.Rated.Value)),
            Share = LowShare,
        };
    }

    /// <summary>The bulk protocol as a step.</summary>
    public CollectiveStep Bulk(CollectiveKind kind, Bytes size, in GroupPorts ports)
    {
        double bytes = RingBytes(kind, size, ports.Ranks), share = ShareOf(Math.Max(ports.Ranks, ports.Beside)), rated = ports.Rated.Value;
        double start = BulkBase + (BulkPerRank * (ports.Ranks - 1)), fill = Fill * Math.Sqrt(bytes * ((ports.Ranks * Math.Max(1, ports.Beside)) - 1) / rated);
        return new CollectiveStep(PatternOf(kind), bytes, 0) { Fixed = Start(start, (bytes / (share * rated)) + fill), Fill = new(fill), Share = share };
    }

    /// <summary>Reduction in the switch as a step.</summary>
    public CollectiveStep InSwitch(Bytes size, in GroupPorts ports)
    {
        double bytes = (1 + (1.0 / ports.Ranks)) * size.Value;
        return new CollectiveStep(TransferPattern.Switch, bytes, 0) { Fixed = Start(SwitchBase, bytes / (SwitchShare * ports.Rated.Value)), Share = SwitchShare };
    }

    // What a call lacks to the floor is waiting for the host.
    private Seconds Start(double start, double transfer) => new(Math.Max(start, Floor - transfer));

    /// <summary>Bytes each member sends, in a ring or to all others.</summary>
    public static double RingBytes(CollectiveKind kind, Bytes size, int ranks) => kind switch
    {
        CollectiveKind.AllReduce => 2.0 * (ranks - 1) / ranks * size.Value,
        CollectiveKind.PointToPoint => size.Value,
        _ => (ranks - 1.0) / ranks * size.Value,
    };

    /// <summary>Who sends to whom in the operation.</summary>
    public static TransferPattern PatternOf(CollectiveKind kind) => kind switch
    {
        CollectiveKind.AllToAll => TransferPattern.Direct,
        CollectiveKind.PointToPoint => TransferPattern.Pair,
        _ => TransferPattern.Rings,
    };
}
