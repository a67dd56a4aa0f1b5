using System.Collections.Immutable;

namespace Orrery.Catalog;

/// <summary>Constants of one operator and number format, fitted together on one set of rows.</summary>
public sealed record CalibrationFit
{
    /// <summary>Operator, collective, or for a stack <c>step</c>.</summary>
    public required string Operator { get; init; }

    /// <summary>Number format by its text name; empty where the fit holds for all.</summary>
    public string Format { get; init; } = "";

    /// <summary>Chip id or family the constants hold for, where a file covers several (stacks); empty for all.</summary>
    public string Scope { get; init; } = "";

    /// <summary>Ids of the data sets the rows came from.</summary>
    public ImmutableArray<string> Source { get; init; } = [];

    public required ImmutableSortedDictionary<string, CalibratedConstant> Constants { get; init; }

    /// <summary>Standard deviation of log(measured / predicted); the width of an interval.</summary>
    public double ResidualSigma { get; init; }

    /// <summary>The same of times to the first token (serving), which are mostly waiting; 0 where none were fitted.</summary>
    public double FirstTokenSigma { get; init; }

    /// <summary>The same by class of isolated time, where the spread depends on size (edges: <c>data/calibration/operators.yaml</c>); empty for one class.</summary>
    public ImmutableArray<double> ClassSigmas { get; init; } = [];

    /// <summary>Median of |predicted / measured - 1|, a fraction.</summary>
    public double MedianError { get; init; }

    /// <summary>Mean of |predicted / measured - 1|, a fraction.</summary>
    public double MeanError { get; init; }

    /// <summary>Mean error of rows predicted by constants fitted without their own group (a model, a configuration); 0 where not computed.</summary>
    public double LeaveOneOutError { get; init; }

    /// <summary>What was left out: <c>model</c>, <c>configuration</c>.</summary>
    public string LeaveOneOutBy { get; init; } = "";

    /// <summary>Chips whose rows are in the fit (stacks).</summary>
    public ImmutableArray<string> Chips { get; init; } = [];

    /// <summary>Families of those chips.</summary>
    public ImmutableArray<string> Families { get; init; } = [];

    public int RowsFitted { get; init; }

    /// <summary>Name of the gzip text file beside this one that lists the fitted row ids, one a line; empty for none.</summary>
    public string RowsFile { get; init; } = "";

    /// <summary>What a reader should know: rows left out, why a constant sits on its limit.</summary>
    public string Note { get; init; } = "";

    /// <summary>True where any constant sits on its limit.</summary>
    public bool IsAtLimit
    {
        get
        {
            foreach (CalibratedConstant constant in Constants.Values)
            {
                if (constant.IsAtLimit)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
