namespace Orrery.Serving;

/// <summary>Work of one shape in an iteration, before any stack constant; seconds and bytes of one of them.</summary>
/// <param name="Name">What it is: product, experts, attention, all-reduce.</param>
/// <param name="Shape">Its true shape on one rank.</param>
/// <param name="Count">How often an iteration does it.</param>
/// <param name="Execution">On the device.</param>
/// <param name="Launch">Of the kernel alone.</param>
/// <param name="Matrix">Time the matrix units are busy.</param>
/// <param name="Memory">Bytes moved to and from device memory.</param>
public readonly record struct OperatorLine(string Name, string Shape, int Count, double Execution, double Launch, double Matrix, double Memory)
{
    /// <summary>All of them, launches left out.</summary>
    public double Total => Count * Execution;
}
