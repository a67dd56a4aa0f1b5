using System.Text.Json;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests;

public sealed class FabricCalibrationTests
{
    private static readonly string Measured = Repository.PathOf("examples", "measured", "all_reduce.txt");

    [Fact]
    public void A_machine_of_one_s_own_is_written_and_used_by_collective_and_train()
    {
        string folder = Directory.CreateTempSubdirectory("orrery-own").FullName;
        string mine = Path.Combine(folder, "mine.yaml");
        try
        {
            Command fitted = Command.Run("calibrate", "dgx-h100", "--name", mine, "--from", Measured, "--date", "2026-11-20", "--json");
            fitted.Code.ShouldBe(ExitCode.Done, fitted.Error);
            JsonElement json = fitted.Json();
            json.GetProperty("written").GetBoolean().ShouldBeTrue();
            json.GetProperty("scaleUp").ValueKind.ShouldBe(JsonValueKind.Null);
            json.GetProperty("scaleOut").GetProperty("startup").GetDouble().ShouldBeGreaterThan(1.3);
            json.GetProperty("scaleOut").GetProperty("medianErrorAfter").GetDouble().ShouldBeLessThan(0.5 * json.GetProperty("scaleOut").GetProperty("medianErrorBefore").GetDouble());

            Time($"collective all-reduce --size 1MiB --chips 64 --json --system {mine}").ShouldBeGreaterThan(1.2 * Time("collective all-reduce --size 1MiB --chips 64 --json --system dgx-h100"));
            Command.RunLine($"collective all-reduce --size 1MiB --chips 64 --system {mine}").Output.ShouldContain("all_reduce.txt: 48 measurements, 2026-11-20");
            const string Job = "train --model llama-3.1-70b --chips 64 --tp 8 --pp 1 --cp 1 --vpp 1 --micro-batch 1 --recompute full --zero 3 --json --system ";
            double usual = Number(Command.RunLine(Job + "dgx-h100").Json(), "stepTimeS");
            Command own = Command.RunLine(Job + mine);
            Number(own.Json(), "stepTimeS").ShouldNotBe(usual);
            own.Output.ShouldContain("all_reduce.txt: 48 measurements, 2026-11-20");

            Command.RunLine($"train --model llama-3.1-8b --chips 16 --system {mine}").Output.ShouldContain("sources  collectives: as measured on mine, all_reduce.txt: 48 measurements");

            // What was written may be written again; what was not is kept.
            Command.Run("calibrate", "dgx-h100", "--name", mine, "--from", Measured).Code.ShouldBe(ExitCode.Done);
            File.WriteAllText(mine, "something else\n");
            Command.Run("calibrate", "dgx-h100", "--name", mine, "--from", Measured).ShouldBeRefused();
            File.ReadAllText(mine).ShouldBe("something else\n");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("calibrate dgx-h100 --name x.yaml", "--from: error ORR0007")]
    [InlineData("calibrate dgx-h10 --name x.yaml --from MEASURED", "did you mean 'dgx-h100'?")]
    [InlineData("calibrate dgx-h100 --from /no/such.txt", "there is no such file")]
    [InlineData("calibrate dgx-h100 --name x.yaml --from MEASURED --servers 1", "do not fit dgx-h100")]
    [InlineData("calibrate dgx-h100 --name dgx-h200 --from MEASURED", "is a file that this did not write")]
    [InlineData("calibrate dgx-h100 --from bogus=MEASURED", "'bogus' is no operation; expected one of all-reduce")]
    [InlineData("calibrate dgx-h100 --name Mine! --from MEASURED", "--name: error ORR0004")]
    [InlineData("calibrate dgx-h100 --only gemm --from MEASURED --dry-run", "--only: error ORR0004")]
    [InlineData("calibrate h100 --ranks 8 --dry-run", "--ranks: error ORR0004")]
    public void A_wrong_question_is_refused(string line, string expected)
    {
        Command command = Command.RunLine(line.Replace("MEASURED", Measured, StringComparison.Ordinal));
        command.ShouldBeRefused();
        command.Error.ShouldContain(expected);
    }

    private static double Time(string line) => Number(Command.RunLine(line).Json(), "timeS");

    private static double Number(JsonElement json, string key) => json.GetProperty(key).GetDouble();
}
