namespace Orrery.Catalog.Loading;

/// <summary>Names of software releases and the patterns that stand for many: <c>megatron-bridge-*</c>.</summary>
internal static class CoveredName
{
    /// <summary>True where the pattern is the name, or holds one star and the name begins and ends with what stands on its two sides.</summary>
    public static bool Matches(string pattern, string name)
    {
        int star = pattern.IndexOf('*', StringComparison.Ordinal);
        return star < 0
            ? pattern == name
            : name.Length >= pattern.Length - 1 && name.AsSpan().StartsWith(pattern.AsSpan(0, star)) && name.AsSpan().EndsWith(pattern.AsSpan(star + 1));
    }

    /// <summary>Orders patterns that match one name: exact beats any star, more letters beat fewer.</summary>
    public static int Strength(string pattern) => pattern.Contains('*', StringComparison.Ordinal) ? pattern.Length : int.MaxValue;
}
