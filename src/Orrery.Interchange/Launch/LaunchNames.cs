using System.Collections.Frozen;

namespace Orrery.Interchange.Launch;

/// <summary>All argument names of a framework, from <c>data/launch/NAME.txt</c>: a line each, comments after <c>#</c>.</summary>
public static class LaunchNames
{
    /// <summary>The names; null where the file cannot be read, so that no argument is called unknown for want of it.</summary>
    public static IReadOnlySet<string>? Of(LaunchVocabulary framework, string dataRoot)
    {
        try
        {
            HashSet<string> names = new(StringComparer.Ordinal);
            foreach (string line in File.ReadLines(Path.Combine(dataRoot, "launch", framework.Name + ".txt")))
            {
                if (line.Length > 0 && line[0] != '#')
                    names.Add(line.Trim());
            }

            return names.ToFrozenSet(StringComparer.Ordinal);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
