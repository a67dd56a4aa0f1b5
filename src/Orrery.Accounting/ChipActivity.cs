namespace Orrery.Accounting;

/// <summary>How busy a chip is, mean over time: shares from 0 to 1 (a little above 1 is a rounding of the model's and counts as it is).</summary>
/// <param name="Matrix">Useful and recomputed products over the peak rate of their format.</param>
/// <param name="Memory">Traffic over the rated bandwidth of device memory.</param>
/// <param name="Link">Share of time in which the scale-up links carry data at their rate.</param>
/// <param name="Vector">Share of time in which the vector units are active.</param>
public readonly record struct ChipActivity(double Matrix, double Memory, double Link, double Vector = 0);
