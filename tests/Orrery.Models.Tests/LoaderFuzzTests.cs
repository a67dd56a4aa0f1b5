using System.Text;
using Orrery.Catalog;
using Shouldly;
using Xunit;

namespace Orrery.Models.Tests;

/// <summary>Damaged files give diagnostics or a model that can be counted, never an exception. Seeds are fixed.</summary>
public sealed class LoaderFuzzTests
{
    private static readonly string[] Fragments =
    [
        "{", "}", "[", "]", ",", ":", "\"", "null", "-1", "0", "1e999", "1e15", "2147483648", "true", "\\u0000", "\\ud800", "NaN", "//",
        "Infinity", "\"num_attention_heads\"", "\"layer_types\": [\"full_attention\"]", "\"sliding_window\": 5", "\"hidden_size\": 1048576", "\uFEFF", "\n", "\t",
    ];

    [Fact]
    public void Mutated_configurations_never_throw()
    {
        byte[][] seeds =
        [
            .. ModelLoader.List(TestData.Root).Select(name => File.ReadAllBytes(Path.Combine(TestData.Root, "models", name, "config.json"))),
            .. PublishedConfigurations.All.Select(entry => Encoding.UTF8.GetBytes(entry.Json)),
        ];
        Random random = new(20261120);
        int accepted = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = Mutate(seeds[random.Next(seeds.Length)], random);

            Result<ModelArchitecture> result = ModelLoader.Parse(bytes, "fuzz.json", "fuzz", TestData.Ignored);

            if (result.Value is not { } model)
            {
                result.Diagnostics.ShouldContain(found => found.Severity == Severity.Error);
                continue;
            }

            accepted++;
            ParameterCount count = ParameterCount.Of(model);
            count.Active.ShouldBeInRange(1, count.Total);
            double.IsFinite(ModelFlops.PerSequence(model, 4096).Training).ShouldBeTrue();
        }

        // Both outcomes must occur, or the mutations test nothing.
        accepted.ShouldBeInRange(500, 19_000);
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        Random random = new(7);
        byte[] bytes = new byte[512];
        for (int round = 0; round < 5_000; round++)
        {
            random.NextBytes(bytes);
            ModelLoader.Parse(bytes[..random.Next(bytes.Length)], "fuzz.json", "fuzz", TestData.Ignored).IsSuccess.ShouldBeFalse();
        }
    }

    [Fact]
    public void Mutated_lists_of_ignored_keys_never_throw()
    {
        byte[] seed = File.ReadAllBytes(Path.Combine(TestData.Root, "models", "ignored-keys.txt"));
        Random random = new(11);
        for (int round = 0; round < 2_000; round++)
        {
            List<Diagnostic> diagnostics = [];
            IgnoredKeys.Parse(Encoding.UTF8.GetString(Mutate(seed, random)), "fuzz.txt", diagnostics);
            diagnostics.ShouldAllBe(found => found.Code == "ORR2012");
        }
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        List<byte> bytes = [.. seed];
        int changes = random.Next(1, 6);
        for (int change = 0; change < changes; change++)
        {
            int at = random.Next(bytes.Count + 1);
            int length = Math.Min(random.Next(1, 12), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    bytes.RemoveRange(at, length);
                    break;
                case 1:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Fragments[random.Next(Fragments.Length)]));
                    break;
                case 2 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 3 when at < bytes.Count:
                    // Digits become other digits: files that still parse and say something else.
                    int digit = bytes.FindIndex(at, static b => b is >= (byte)'0' and <= (byte)'9');
                    if (digit >= 0)
                        bytes[digit] = (byte)('0' + random.Next(10));
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                default:
                    if (random.Next(4) == 0)
                        bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return [.. bytes];
    }
}
