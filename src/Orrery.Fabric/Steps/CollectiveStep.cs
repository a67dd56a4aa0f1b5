using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// One step of an algorithm: chunks pipelined over all transfers of a pattern and cut through. A formula prices it on the ports of a group, the flow level runs its
/// transfers over links.
/// </summary>
/// <param name="Pattern">Who sends to whom.</param>
/// <param name="Bytes">Bytes one member sends in all in this step; on <see cref="TransferPattern.Root"/> the bytes of one message.</param>
/// <param name="Walks">How often the latency of the pattern is paid: 2 where the same way is gone there and back.</param>
public readonly record struct CollectiveStep(TransferPattern Pattern, double Bytes, double Walks)
{
    /// <summary>Time besides that of the pattern: the start-up of a protocol.</summary>
    public Seconds Fixed { get; init; }

    /// <summary>Time besides that grows with size: the filling of a pipeline.</summary>
    public Seconds Fill { get; init; }

    /// <summary>Share of the port's rate that a protocol reaches; 0 takes the library's share.</summary>
    public double Share { get; init; }

    /// <summary>True on <see cref="TransferPattern.Root"/> where the one sends.</summary>
    public bool FromRoot { get; init; }

    /// <summary>True on <see cref="TransferPattern.Trees"/> where data goes both up and down.</summary>
    public bool ThereAndBack { get; init; }
}
