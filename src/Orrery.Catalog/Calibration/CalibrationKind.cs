namespace Orrery.Catalog;

/// <summary>What a calibration file's constants belong to; also the folder it lies in.</summary>
public enum CalibrationKind : byte
{
    /// <summary>Kernels of a chip: <c>data/calibration/chips</c>.</summary>
    Chips,

    /// <summary>Collectives of a system or chip: <c>data/calibration/collectives</c>.</summary>
    Collectives,

    /// <summary>A software stack: <c>data/calibration/stacks</c>.</summary>
    Stacks,

    /// <summary>A serving stack: <c>data/calibration/serving</c>.</summary>
    Serving,
}
