using System.Collections.Immutable;
using Orrery.Catalog;

namespace Orrery.Validation.Kernels;

/// <summary>What calibrating a chip gave.</summary>
/// <param name="File">Constants by operator and format, to be written to <c>data/calibration/chips</c>.</param>
/// <param name="FittedIds">Ids of all rows fitted; their file's name is in every fit.</param>
/// <param name="Diagnostics">What a person should know: no rows for the chip, a constant on a limit.</param>
public sealed record CalibrationResult(CalibrationFile File, ImmutableArray<string> FittedIds, ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>Writes the file and its list of rows beside each other.</summary>
    public void Write(string path)
    {
        File.Write(path);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        CalibrationRows.Write(Path.Combine(folder, ChipCalibration.RowsFileName(File.Subject)), FittedIds);
    }
}
