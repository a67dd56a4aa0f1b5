namespace Orrery.Interchange.Tests;

/// <summary>The data folder of the repository.</summary>
internal static class RepositoryData
{
    public static string PathOf(string relative)
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Orrery.slnx")))
            folder = Path.GetDirectoryName(folder);
        return Path.Combine(folder ?? throw new InvalidOperationException("outside of the repository"), "data", relative);
    }
}
