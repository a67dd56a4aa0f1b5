using System.Text;
using Orrery.Catalog;

namespace Orrery.Models.Tests;

/// <summary>The repository's data folder and shorthand for loading from text.</summary>
internal static class TestData
{
    public static string Root { get; } = FindRoot();

    public static IgnoredKeys Ignored { get; } = LoadIgnored();

    public static Result<ModelArchitecture> Load(string name) => ModelLoader.Load(name, Root);

    public static Result<ModelArchitecture> Parse(string json) =>
        ModelLoader.Parse(Encoding.UTF8.GetBytes(json), "test.json", "test", Ignored);

    private static IgnoredKeys LoadIgnored()
    {
        List<Diagnostic> diagnostics = [];
        string path = Path.Combine(Root, "models", "ignored-keys.txt");
        IgnoredKeys keys = IgnoredKeys.Parse(File.ReadAllText(path), path, diagnostics);
        return diagnostics.Count == 0 ? keys : throw new InvalidDataException(string.Join('\n', diagnostics));
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Orrery.slnx")))
            folder = folder.Parent;
        return Path.Combine(folder?.FullName ?? throw new DirectoryNotFoundException("no Orrery.slnx above the tests"), "data");
    }
}
