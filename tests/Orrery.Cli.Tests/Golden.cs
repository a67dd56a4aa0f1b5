using Shouldly;

namespace Orrery.Cli.Tests;

/// <summary>Whole texts kept in <c>tests/Golden</c>, so that a change of one is read as a diff. <c>ORRERY_ACCEPT=1</c> rewrites them.</summary>
internal static class Golden
{
    public static void ShouldMatch(string text, string name)
    {
        string path = Repository.PathOf("tests", "Golden", name);
        string actual = text.ReplaceLineEndings("\n");
        if (Environment.GetEnvironmentVariable("ORRERY_ACCEPT") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        File.Exists(path).ShouldBeTrue($"no golden file {name}; ORRERY_ACCEPT=1 writes it");
        actual.ShouldBe(File.ReadAllText(path).ReplaceLineEndings("\n"), $"tests/Golden/{name} differs; ORRERY_ACCEPT=1 accepts what is printed now");
    }
}
