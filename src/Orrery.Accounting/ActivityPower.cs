using Orrery.Catalog;

namespace Orrery.Accounting;

/// <summary>What activity adds to the power of a chip of one family, as shares of its rated power.</summary>
/// <param name="Matrix">With the matrix units always busy.</param>
/// <param name="Vector">With the vector units always busy.</param>
/// <param name="Memory">With device memory at its rated bandwidth.</param>
/// <param name="Link">With the scale-up links at their rate.</param>
/// <param name="Overhead">Share of the rated power of everything else in the server that a busy one draws.</param>
public sealed record ActivityPower(Sourced<double> Matrix, Sourced<double> Vector, Sourced<double> Memory, Sourced<double> Link, Sourced<double> Overhead);
