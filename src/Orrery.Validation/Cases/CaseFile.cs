using System.Collections.Immutable;
using Orrery.Catalog;

namespace Orrery.Validation.Cases;

/// <summary>The rows of a case file that could be read, in file order, and what is wrong with the others.</summary>
public sealed record CaseFile<TCase>(ImmutableArray<TCase> Cases, ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>True where any row or the file itself could not be read as it stands.</summary>
    public bool HasErrors
    {
        get
        {
            foreach (Diagnostic diagnostic in Diagnostics)
            {
                if (diagnostic.Severity == Severity.Error)
                    return true;
            }

            return false;
        }
    }
}
