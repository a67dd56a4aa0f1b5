namespace Orrery.Validation.Cases;

/// <summary>What every row of every case file says about itself.</summary>
/// <param name="Id"><c>case_id</c>, unique in its file.</param>
/// <param name="Group"><c>source_id</c>: the publication or table the row belongs to.</param>
/// <param name="Stack">Software and version; constants are fitted per stack.</param>
/// <param name="System">Likely system; empty where unclear.</param>
/// <param name="PrimaryMetric">The column to score.</param>
/// <param name="IsExpressible">False where the source does not state every input; <paramref name="WhyNot"/> says which.</param>
/// <param name="Quality">Flags joined by semicolons (<c>repeat</c>, <c>outlier-3x</c>...).</param>
/// <param name="Line">Line of the row in its file.</param>
public sealed record CaseOrigin(
    string Id, string Group, string Stack, string System, string PrimaryMetric, bool IsExpressible, string WhyNot, string Quality, int Line)
{
    /// <summary>True where one of the quality flags is this one.</summary>
    public bool HasQuality(string flag)
    {
        foreach (Range part in Quality.AsSpan().Split(';'))
        {
            if (Quality.AsSpan(part).Trim().SequenceEqual(flag))
                return true;
        }

        return false;
    }
}
