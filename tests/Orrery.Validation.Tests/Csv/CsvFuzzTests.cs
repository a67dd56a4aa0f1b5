using System.IO.Compression;
using System.Text;
using Orrery.Validation.Cases;
using Orrery.Validation.Csv;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Csv;

/// <summary>Damaged case files give rows and diagnostics, never an exception. Seeds are fixed.</summary>
public sealed class CsvFuzzTests
{
    private static readonly string[] Fragments = [",", "\"", "\n", "\r", "\"\"", "-1", "1e999", "NaN", "99999999999999999999", "\0", "\uFFFF", ",,,,", "0x10"];

    [Fact]
    public void Mutated_training_files_never_throw()
    {
        byte[] seed = Head(RepositoryData.Validation("training.csv.gz"), 60);
        Random random = new(20261120);
        int clean = 0;
        for (int round = 0; round < 1_500; round++)
        {
            byte[] bytes = Mutate(seed, random);
            using CsvReader row = CsvReader.Of(new StreamReader(new MemoryStream(bytes), Encoding.UTF8), "fuzz.csv");

            CaseFile<TrainingCase> file = TrainingCase.Read(row);

            file.Cases.Length.ShouldBeLessThanOrEqualTo(bytes.Count(b => b is (byte)'\n' or (byte)'\r'));
            file.Diagnostics.ShouldAllBe(found => found.Line >= 0 && found.Message.Length < 2000);
            clean += file.HasErrors ? 0 : 1;
        }

        // Both outcomes must occur, or the mutations test nothing.
        clean.ShouldBeInRange(50, 1_400);
    }

    [Fact]
    public void Mutated_gzip_files_never_throw()
    {
        byte[] seed = File.ReadAllBytes(RepositoryData.Validation("training.csv.gz"));
        Random random = new(3);
        string path = Path.Combine(Path.GetTempPath(), $"orrery-fuzz-{Environment.ProcessId}.csv.gz");
        try
        {
            for (int round = 0; round < 100; round++)
            {
                File.WriteAllBytes(path, Mutate(seed, random));
                using CsvReader row = CsvReader.Open(path);
                int rows = 0;
                while (row.ReadRow())
                    rows++;
                rows.ShouldBeLessThan(100_000);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        Random random = new(5);
        byte[] bytes = new byte[2000];
        for (int round = 0; round < 500; round++)
        {
            random.NextBytes(bytes);
            using CsvReader row = CsvReader.Of(new StreamReader(new MemoryStream(bytes)), "fuzz.csv");
            MemoryCase.Read(row).HasErrors.ShouldBeTrue();
        }
    }

    private static byte[] Head(string path, int lines)
    {
        using FileStream file = File.OpenRead(path);
        using GZipStream zip = new(file, CompressionMode.Decompress);
        using StreamReader reader = new(zip);
        StringBuilder text = new();
        for (int line = 0; line < lines; line++)
            text.Append(reader.ReadLine()).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        List<byte> bytes = [.. seed];
        int changes = random.Next(1, 5);
        for (int change = 0; change < changes; change++)
        {
            int at = random.Next(bytes.Count);
            int length = Math.Min(random.Next(1, 40), bytes.Count - at);
            switch (random.Next(5))
            {
                case 0:
                    bytes.RemoveRange(at, length);
                    break;
                case 1:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Fragments[random.Next(Fragments.Length)]));
                    break;
                case 2:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 3:
                    bytes[at] = (byte)('0' + random.Next(10));
                    break;
                default:
                    if (random.Next(4) == 0)
                        bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }

            if (bytes.Count == 0)
                bytes.Add((byte)'x');
        }

        return [.. bytes];
    }
}
