using System.Text;
using Orrery.Catalog.Text;
using Shouldly;
using Xunit;

namespace Orrery.Catalog.Tests;

/// <summary>
/// Spoils real files at random, with fixed seeds: whatever the bytes, a loader answers with a description or with diagnostics that have a place.
/// </summary>
public sealed class FuzzTests
{
    private static readonly string[] Spoilers =
    [
        "-1", "0", "1e400", "-1e308", "NaN", ".inf", "99999999999999999999 TB/s", "1,5 GB", "4.9", "null", "~", "true", "''", "\"", "'", "[", "]", "{", "}", ":", "- ", ": ", ", ",
        "*x", "&x ", "!!int ", "---\n", "\t", "\n", "\n\n  ", "#", "|", ">", "%", "@", "\u0000", "\u00e9", "\ufffd", "\r\n", "    ", "? ", "<<: ", "readings:", "value", "chip", "a: b: c",
        "$", "1 GiB", "stated", "ours", "{value: 1}", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "9999999999999999999999",
    ];

    [Theory]
    [InlineData("chips", "trainium3", 500)]
    [InlineData("chips", "h100", 300)]
    [InlineData("systems", "trn3-gen2", 500)]
    [InlineData("systems", "dgx-a100", 300)]
    [InlineData("stacks", "plain", 300)]
    [InlineData("vocabulary", "constants", 200)]
    [InlineData("calibration", "plain", 300)]
    public void Spoiled_files_give_diagnostics_never_exceptions(string kind, string id, int rounds)
    {
        using DataFolder data = new();
        data.Write("chips/trainium3.yaml", File.ReadAllText(Path.Combine(TestData.Root, "chips", "trainium3.yaml")));
        data.Write("chips/a100-80.yaml", File.ReadAllText(Path.Combine(TestData.Root, "chips", "a100-80.yaml")));
        byte[] original = kind switch
        {
            "stacks" => Encoding.UTF8.GetBytes(DataFolder.Stack),
            "vocabulary" => File.ReadAllBytes(Path.Combine(TestData.Root, "stacks", "constants.yaml")),
            "calibration" => Encoding.UTF8.GetBytes(Calibration),
            _ => File.ReadAllBytes(Path.Combine(TestData.Root, kind, id + ".yaml")),
        };
        string path = kind switch { "vocabulary" => "stacks/constants.yaml", "calibration" => "calibration/stacks/plain.yaml", _ => $"{kind}/{id}.yaml" };
        data.Write(path, "");
        Random random = new(kind.Length * 7919 + id.Length);
        int refused = 0;
        for (int round = 0; round < rounds; round++)
        {
            byte[] spoiled = Spoil(original, random);
            data.Write(path, spoiled);
            bool accepted = Load(data.Open(), kind, id, $"round {round}");
            refused += accepted ? 0 : 1;
        }

        // A fuzzer whose files are all accepted tests nothing, and so does one whose files are all refused.
        refused.ShouldBeGreaterThan(rounds / 4);
        refused.ShouldBeLessThan(rounds);
    }

    [Theory]
    [InlineData("chips", "trainium3")]
    [InlineData("systems", "trn3-gen2")]
    public void Truncated_files_give_diagnostics_never_exceptions(string kind, string id)
    {
        using DataFolder data = new();
        data.Write("chips/trainium3.yaml", File.ReadAllText(Path.Combine(TestData.Root, "chips", "trainium3.yaml")));
        byte[] original = File.ReadAllBytes(Path.Combine(TestData.Root, kind, id + ".yaml"));
        data.Write($"{kind}/{id}.yaml", "");
        for (int length = 0; length < original.Length - 1; length += 17)
        {
            data.Write($"{kind}/{id}.yaml", original[..length]);
            Load(data.Open(), kind, id, $"length {length}").ShouldBeFalse();
        }
    }

    [Fact]
    public void Names_from_anywhere_never_throw()
    {
        DataCatalog catalog = DataCatalog.Open(TestData.Root);
        foreach (string name in new[] { "", " ", "..", "/", "\\", "../chips/h100", "\0", "a\0b.yaml", "*", "con", new string('x', 100_000), new string('/', 5000), "\ud800", "h100.yaml", "/dev/null", "/proc/self/mem", "~", "-" })
        {
            catalog.Chip(name).IsSuccess.ShouldBeFalse(name.Length > 20 ? "long" : name);
            catalog.System(name).IsSuccess.ShouldBeFalse();
            catalog.Stack(name).IsSuccess.ShouldBeFalse();
            catalog.System("dgx-h100", name.Length == 0 ? " " : name).IsSuccess.ShouldBeFalse();
            CatalogText.Show(catalog, name).IsSuccess.ShouldBeFalse();
            catalog.Chip(name).Diagnostics.ShouldNotBeEmpty();
            DataCatalog.Open(TestData.Root, new Dictionary<string, string> { [name] = name }).CheckAssumptions().ShouldNotBeEmpty();
        }
    }

    private const string Calibration = """
        subject: plain
        kind: stacks
        date: 2026-11-20
        fits:
          - operator: step
            format: bf16
            scope: toy
            source: [a-set, b-set]
            constants:
              launch: {value: 3.5, low: 0, high: 100, unit: us}
              share: {value: 1, low: 0.1, high: 1, unit: "1", atLimit: true}
            residualSigma: 0.12
            medianError: 0.05
            meanError: 0.07
            rowsFitted: 120
            rowsFile: plain.txt.gz
            note: "two rows left out"

        """;

    /// <summary>True where the file was accepted.</summary>
    private static bool Load(DataCatalog catalog, string kind, string id, string round)
    {
        (bool accepted, IReadOnlyList<Diagnostic> diagnostics) = kind switch
        {
            "chips" => Answer(catalog.Chip(id)),
            "systems" => Answer(catalog.System(id)),
            "vocabulary" => Answer(catalog.Vocabulary()),
            _ => Answer(catalog.Stack(id)),
        };
        accepted.ShouldBe(!diagnostics.Any(one => one.Severity == Severity.Error), round);
        foreach (Diagnostic diagnostic in diagnostics)
        {
            diagnostic.Code.ShouldStartWith("ORR0");
            diagnostic.Message.ShouldNotBeNullOrWhiteSpace();
            diagnostic.Message.Length.ShouldBeLessThan(2000, round);
            diagnostic.Message.ShouldNotContain("\n");
            (diagnostic.Line > 0 == diagnostic.Column > 0).ShouldBeTrue();
        }

        if (accepted)
        {
            CatalogText.Show(catalog, id);
        }

        return accepted;

        static (bool, IReadOnlyList<Diagnostic>) Answer<T>(Result<T> result)
            where T : class => (result.IsSuccess, result.Diagnostics);
    }

    private static byte[] Spoil(byte[] original, Random random)
    {
        List<byte> bytes = [.. original];
        int times = random.Next(1, 4);
        for (int time = 0; time < times; time++)
        {
            int place = random.Next(bytes.Count);
            switch (random.Next(7))
            {
                case 0:
                    bytes[place] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(place, Math.Min(random.Next(1, 40), bytes.Count - place));
                    break;
                case 2:
                    bytes.InsertRange(place, Encoding.UTF8.GetBytes(Spoilers[random.Next(Spoilers.Length)]));
                    break;
                case 3:
                    int from = random.Next(bytes.Count);
                    bytes.InsertRange(place, bytes.GetRange(from, Math.Min(random.Next(1, 200), bytes.Count - from)));
                    break;
                case 4:
                    bytes[place] ^= (byte)(1 << random.Next(8));
                    break;
                default:
                    // A whole value: what stands after a colon up to the next comma, brace or line end.
                    int colon = bytes.IndexOf((byte)':', place);
                    if (colon > 0)
                    {
                        int end = colon + 1;
                        while (end < bytes.Count && bytes[end] is not ((byte)',' or (byte)'}' or (byte)'\n'))
                        {
                            end++;
                        }

                        bytes.RemoveRange(colon + 1, end - colon - 1);
                        bytes.InsertRange(colon + 1, Encoding.UTF8.GetBytes(" " + Spoilers[random.Next(Spoilers.Length)]));
                    }

                    break;
            }

            if (bytes.Count == 0)
            {
                bytes.Add((byte)'\n');
            }
        }

        return [.. bytes];
    }
}
