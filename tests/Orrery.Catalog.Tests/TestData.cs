namespace Orrery.Catalog.Tests;

/// <summary>The data folder of the repository, and temporary ones.</summary>
internal static class TestData
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "data");
            if (File.Exists(Path.Combine(folder.FullName, "Orrery.slnx")) && Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        throw new DirectoryNotFoundException("the tests must run inside the repository");
    }
}
