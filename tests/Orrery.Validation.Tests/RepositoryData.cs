namespace Orrery.Validation.Tests;

/// <summary>The repository's data folder.</summary>
internal static class RepositoryData
{
    public static string Root { get; } = FindRoot();

    public static string Validation(string file) => $"{Root}/validation/{file}";

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Orrery.slnx")))
            folder = folder.Parent;
        return Path.Combine(folder?.FullName ?? throw new DirectoryNotFoundException("no Orrery.slnx above the tests"), "data");
    }
}
