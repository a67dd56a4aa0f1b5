using System.Globalization;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests;

/// <summary>Number formats from the command line to the report, on the machines of the catalogue.</summary>
public sealed class FormatJobsTests
{
    /// <summary>Systems whose chips multiply FP8 faster than BF16, with a job's chips.</summary>
    public static TheoryData<string, int> NativeFp8() => new()
    {
        { "dgx-h100", 64 }, { "dgx-h200", 64 }, { "dgx-h20", 64 }, { "dgx-b200", 64 }, { "dgx-b300", 64 }, { "gb200-nvl72", 72 }, { "gb300-nvl72", 72 },
        { "vr-nvl72", 72 }, { "mi300x-8", 64 }, { "mi355x-8", 64 }, { "l40s-8", 64 }, { "tpu-v7-pod", 64 }, { "trn2.48xlarge", 64 }, { "trn3-gen2", 144 },
        { "trn4-nvl72", 72 },
    };

    [Theory]
    [MemberData(nameof(NativeFp8))]
    public void Large_products_in_8_bits_are_never_slower_than_in_16(string system, int chips) =>
        Step(system, chips, "fp8").ShouldBeLessThan(Step(system, chips, "bf16"));

    [Theory]
    [InlineData("dgx-b200", 64)]
    [InlineData("gb300-nvl72", 72)]
    [InlineData("vr-nvl72", 72)]
    public void Four_bits_are_never_slower_than_eight_where_a_chip_multiplies_them(string system, int chips) =>
        Step(system, chips, "nvfp4").ShouldBeLessThan(Step(system, chips, "fp8"));

    [Theory]
    [InlineData("trn2.48xlarge", 64, "mxfp8")]
    [InlineData("trn3-gen2", 144, "nvfp4")]
    [InlineData("dgx-a100", 64, "fp8")]
    [InlineData("tpu-v5p-pod", 64, "nvfp4")]
    public void A_format_the_chip_does_not_multiply_runs_as_16_bits_and_says_so(string system, int chips, string format)
    {
        Command command = Run(system, chips, format);
        command.Json().GetProperty("diagnostics").EnumerateArray().Select(static one => one.GetProperty("code").GetString()).ShouldContain("ORR4007");
        Step(command).ShouldBe(Step(system, chips, "bf16"), 0.05 * Step(command));
        command.Json().GetProperty("mfu").GetDouble().ShouldBe(Run(system, chips, "bf16").Json().GetProperty("mfu").GetDouble(), 0.05);
    }

    [Fact]
    public void Both_readings_of_plain_FP8_on_Trainium3_are_in_the_report()
    {
        Command doubled = Run("trn3-gen2", 144, "fp8");
        Command table = Run("trn3-gen2", 144, "fp8", "--assume", "trainium3.peak.fp8=table");
        double slow = Step(doubled);
        double fast = Step(table);
        fast.ShouldBeLessThan(0.85 * slow);
        Note(doubled).ShouldContain($"{fast.ToString("G3", CultureInfo.InvariantCulture)} s with --assume trainium3.peak.fp8=table");
        Note(table).ShouldContain($"{slow.ToString("G3", CultureInfo.InvariantCulture)} s with --assume trainium3.peak.fp8=double-row");
        doubled.Json().GetProperty("uncertainties").EnumerateArray().Select(static one => one.GetProperty("what").GetString())
            .ShouldContain("sources disagree on trainium3.peak.fp8");
        doubled.Json().GetProperty("stepTimeLowS").GetDouble().ShouldBeLessThan(fast * 1.05);
        Run("trn3-gen2", 144, "mxfp8").Json().GetProperty("diagnostics").EnumerateArray().ShouldAllBe(static one => one.GetProperty("code").GetString() != "ORR4012");
    }

    [Fact]
    public void Narrower_states_and_gradients_need_less_memory_and_no_more_time()
    {
        JsonElement wide = Run("dgx-h100", 64, "bf16").Json();
        JsonElement narrow = Run("dgx-h100", 64, "bf16", "--optimizer-states", "8bit", "--gradients", "bf16").Json();
        Memory(narrow, "gradientsBytes").ShouldBe(Memory(wide, "gradientsBytes") / 2, 1);
        Memory(narrow, "optimizerBytes").ShouldBe(Memory(wide, "optimizerBytes") * 6.03125 / 12, 1e3);
        narrow.GetProperty("stepTimeS").GetDouble().ShouldBeLessThan(wide.GetProperty("stepTimeS").GetDouble());
        narrow.GetProperty("inputs").GetProperty("optimizerStates").GetString().ShouldBe("8bit");
        narrow.GetProperty("inputs").GetProperty("gradients").GetString().ShouldBe("bf16");
    }

    private static double Memory(JsonElement json, string key) => json.GetProperty("memory").GetProperty(key).GetDouble();

    private static string Note(Command command) => command.Json().GetProperty("diagnostics").EnumerateArray()
        .Single(static one => one.GetProperty("code").GetString() == "ORR4012").GetProperty("message").GetString()!;

    private static double Step(Command command) => command.Json().GetProperty("stepTimeS").GetDouble();

    private static double Step(string system, int chips, string format) => Step(Run(system, chips, format));

    private static Command Run(string system, int chips, string format, params string[] more) => Command.Run(
    [
        "train", "--model", "llama-3.1-8b", "--system", system, "--chips", $"{chips}", "--global-batch", "2304", "--tp", "2", "--pp", "1", "--vpp", "1", "--cp", "1",
        "--micro-batch", "1", "--recompute", "none", "--precision", format, "--json", .. more,
    ]);
}
