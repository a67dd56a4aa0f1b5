using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Validation.Cases;

namespace Orrery.Validation.Collectives;

/// <summary>Fits the collectives of a chip or family and writes the calibration beside the others.</summary>
public static class CollectiveCalibration
{
    /// <summary>Decides which rows are fitted and where the fits begin.</summary>
    public const ulong Seed = 20261120;

    /// <summary>True where the library of a subject sends whole vectors in small all-reduces.</summary>
    public static bool IsOneShot(DataCatalog catalog, string subject)
    {
        foreach (MeasuredLibrary library in MeasuredLibrary.All(catalog.DataRoot))
        {
            if (library.IsOneShot && subject.StartsWith(library.Name + ".", StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    /// <summary>
    /// Fits <paramref name="subject"/> (the id of a chip, or a family) on the rows of <paramref name="files"/> and writes
    /// <c>data/calibration/collectives/SUBJECT.yaml</c> with the list of fitted rows. The file has no fits, and is not written, where no row is of
    /// this subject.
    /// </summary>
    public static Result<CalibrationFile> Run(DataCatalog catalog, string subject, IReadOnlyList<string> files, string date)
    {
        ImmutableArray<Diagnostic>.Builder diagnostics = ImmutableArray.CreateBuilder<Diagnostic>();
        List<CollectiveCase> cases = [];
        foreach (string file in files)
        {
            CaseFile<CollectiveCase> read = CollectiveCase.Read(file);
            diagnostics.AddRange(read.Diagnostics);
            cases.AddRange(read.Cases);
        }

        (CalibrationFile fitted, ImmutableArray<string> ids) = ScaleUpFit.Fit(subject, ScaleUpSamples.Select(catalog, subject, cases), Seed, date, IsOneShot(catalog, subject));
        if (!fitted.Fits.IsEmpty)
        {
            string path = catalog.CalibrationPath(CalibrationKind.Collectives, subject);
            fitted.Write(path);
            CalibrationRows.Write(Path.Combine(Path.GetDirectoryName(path)!, fitted.Fits[0].RowsFile), ids);
        }

        return new(fitted, diagnostics.ToImmutable());
    }
}
