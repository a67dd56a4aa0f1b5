using System.IO.Compression;
using Orrery.Catalog;
using Orrery.Validation.Calibration;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Calibration;

public sealed class OwnStackTests : IDisposable
{
    private const string Header = "model_config,system,chips,seq,global_batch_seqs,micro_batch_seqs,tp,pp,precision,iteration_time_s";
    private readonly string folder = Directory.CreateTempSubdirectory("orrery-own").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Steps_twice_as_long_double_the_one_scale_that_a_row_can_tell()
    {
        double once = Scale(Run("one.csv", $"{Header}\nllama-3.1-8b,dgx-h100,8,8192,128,1,2,1,bf16,10\n"));
        double twice = Scale(Run("two.csv", $"{Header}\nllama-3.1-8b,dgx-h100,8,8192,128,1,2,1,bf16,20\n"));
        (twice / once).ShouldBe(2, 0.002);
    }

    [Fact]
    public void One_configuration_keeps_the_spread_of_the_base()
    {
        StackCalibrationRun run = Run("one.csv", $"{Header}\nllama-3.1-8b,dgx-h100,8,8192,128,1,2,1,bf16,13\nllama-3.1-8b,dgx-h100,8,8192,128,1,2,1,bf16,13\n");
        DataCatalog.Open(RepositoryData.Root).Stack("megatron-bridge").Value!.ResidualSigmaOf("step")!.Value.ShouldBe(run.Fits[0].ResidualSigma, 1e-6);
    }

    [Fact]
    public void A_stack_that_was_written_is_found_by_its_name_and_says_what_it_was_fitted_on()
    {
        string root = Path.Combine(folder, "data");
        Copy(RepositoryData.Root, root);
        StackCalibrationRun run = Run("mine.csv", $"{Header}\nllama-3.1-8b,dgx-h100,8,8192,128,1,2,1,bf16,26\n", root, writes: true);
        StackDescription own = DataCatalog.Open(root).Stack("mine").Value.ShouldNotBeNull();
        StackDescription basis = DataCatalog.Open(root).Stack("megatron-bridge").Value!;
        own.BasedOn.ShouldBe("megatron-bridge");
        own.FittedOn.ShouldContain("1 rows of mine");
        own.Constants["stepScale"].Value.ShouldBe(Scale(run));
        own.Constants["elementwiseScale"].Value.ShouldBe(basis.Constants["elementwiseScale"].Value);
        own.OnChip["h100"]["sustainedClock"].Value.ShouldBe(basis.OnChip["h100"]["sustainedClock"].Value);
        own.Attention.ShouldBe(basis.Attention);
        own.GradientBytes.ShouldBe(basis.GradientBytes);
        // Again by the same name: one's own may be replaced, the catalogue's may not.
        Run("mine.csv", $"{Header}\nllama-3.1-8b,dgx-h100,8,8192,128,1,2,1,bf16,13\n", root, writes: true).Diagnostics.ShouldNotContain(static one => one.Severity == Severity.Error);
        OwnStackFile.Problem("megatron-bridge", DataCatalog.Open(root)).ShouldNotBeNull();
        OwnStackFile.Problem("megatron-bridge-26.04", DataCatalog.Open(root)).ShouldNotBeNull();
        OwnStackFile.Problem("Not a name", DataCatalog.Open(root)).ShouldNotBeNull();
    }

    [Fact]
    public void A_copy_of_any_stack_lays_work_out_as_the_stack_does()
    {
        string[] own = ["Id", "Name", "BasedOn", "FittedOn"];
        Directory.CreateDirectory(Path.Combine(folder, "stacks"));
        File.Copy(Path.Combine(RepositoryData.Root, "stacks", "constants.yaml"), Path.Combine(folder, "stacks", "constants.yaml"));
        DataCatalog catalog = DataCatalog.Open(RepositoryData.Root);
        foreach (string id in catalog.StackIds)
        {
            StackDescription basis = catalog.Stack(id).Value.ShouldNotBeNull();
            File.WriteAllText(Path.Combine(folder, "stacks", "mine.yaml"), OwnStackFile.Text("mine", basis, catalog.Vocabulary().Value!, "test"));
            Result<StackDescription> read = DataCatalog.Open(folder).Stack("mine");
            StackDescription copy = read.Value.ShouldNotBeNull(read.Diagnostics.Length > 0 ? read.Diagnostics[0].Message : "");
            foreach (System.Reflection.PropertyInfo property in typeof(StackDescription).GetProperties())
            {
                if (property.PropertyType.IsValueType && property.Name is not ("ResidualSigma" or "Covers") && !property.PropertyType.IsGenericType)
                    property.GetValue(copy).ShouldBe(property.GetValue(basis), $"{property.Name} of {id}");
                else if (property.PropertyType == typeof(string) && !own.Contains(property.Name))
                    property.GetValue(copy).ShouldBe(property.GetValue(basis), $"{property.Name} of {id}");
            }

            copy.Schedules.ShouldBe(basis.Schedules);
            copy.Constants.Values.Select(static one => (one.Name, one.Value)).ShouldBe(basis.Constants.Values.Select(static one => (one.Name, one.Value)));
            copy.OnChip.SelectMany(static chip => chip.Value.Values.Select(one => (chip.Key, one.Name, one.Value)))
                .ShouldBe(basis.OnChip.SelectMany(static chip => chip.Value.Values.Select(one => (chip.Key, one.Name, one.Value))));
        }
    }

    [Theory]
    [InlineData("model_config,system,chips,seq,iteration_tme_s\nllama-3.1-8b,dgx-h100,8,8192,13\n", "iteration_time_s")]
    [InlineData("model_config,system,chips,seq,iteration_time_s\nllama-3.1-8b,dgx-h10,8,8192,13\n", "dgx-h100")]
    [InlineData("model_config,system,chips,seq,iteration_time_s\nllama-3.1-8,dgx-h100,8,8192,13\n", "llama-3.1-8b")]
    [InlineData("model_config,system,chips,seq,iteration_time_s\nllama-3.1-8b,dgx-h100,8,8192,fast\n", "a number above 0")]
    [InlineData("model_config,system,chips,seq\nllama-3.1-8b,dgx-h100,8,8192\n", "tokens_per_s_per_chip")]
    [InlineData("", "empty")]
    public void A_mistake_is_named_with_what_was_expected(string text, string expected)
    {
        StackCalibrationRun run = Run("wrong.csv", text);
        run.Fits.ShouldBeEmpty();
        run.Diagnostics.ShouldContain(one => one.Severity == Severity.Error && one.Message.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Enough_configurations_free_more_than_one_constant()
    {
        // Published steps of another stack: no scale of the whole step explains short and long sequences alike.
        using GZipStream unpacked = new(File.OpenRead(RepositoryData.Validation("training.csv.gz")), CompressionMode.Decompress);
        string[] lines = new StreamReader(unpacked).ReadToEnd().Split('\n');
        string rows = string.Join('\n', lines.Where(static line => line.StartsWith("foundry-a100-sxm-40gb", StringComparison.Ordinal)).Take(15));
        StackCalibrationRun run = Run("many.csv", $"{lines[0]}\n{rows}\n", basis: "megatron-lm-2022");
        run.Fits.Sum(static fit => fit.Constants.Count).ShouldBeInRange(2, 5);
    }

    private static double Scale(StackCalibrationRun run) => run.Fits.Single(static fit => fit.Scope.Length == 0).Constants["stepScale"].Value;

    private StackCalibrationRun Run(string name, string text, string? root = null, bool writes = false, string basis = "megatron-bridge")
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return OwnStackCalibration.Calibrate(DataCatalog.Open(root ?? RepositoryData.Root), basis, "mine", [path], "2026-11-20", writes);
    }

    private static void Copy(string from, string to)
    {
        foreach (string part in (string[])["chips", "stacks", "systems", "calibration", "fabric", "models", "validation", "power"])
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(from, part), "*", SearchOption.AllDirectories))
            {
                if (new FileInfo(file).Length > 500_000)
                    continue;
                string target = Path.Combine(to, Path.GetRelativePath(from, file));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target);
            }
        }
    }
}
