using System.Text.Json;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests;

public sealed class CalibrateVerbTests
{
    [Fact]
    public void A_chip_is_fitted_on_rows_of_its_own_without_writing_anything()
    {
        string calibration = Repository.PathOf("data", "calibration", "chips", "trainium3.yaml");
        byte[] before = File.ReadAllBytes(calibration);
        Command command = Command.RunLine("calibrate trainium3 --dry-run --date 2026-11-20 --json --from " + Repository.PathOf("data", "validation", "kernels.csv"));
        command.Code.ShouldBe(ExitCode.Done, command.Error);
        JsonElement json = command.Json();
        json.GetProperty("schema").GetString().ShouldBe("orrery.calibrate/1");
        json.GetProperty("written").GetBoolean().ShouldBeFalse();
        foreach (JsonElement constant in json.GetProperty("fits").EnumerateArray().SelectMany(fit => fit.GetProperty("constants").EnumerateArray()))
            constant.GetProperty("value").GetDouble().ShouldBeInRange(constant.GetProperty("low").GetDouble(), constant.GetProperty("high").GetDouble());
        File.ReadAllBytes(calibration).ShouldBe(before);
    }

    [Theory]
    [InlineData("calibrate", "SUBJECT: error")]
    [InlineData("calibrate h10", "did you mean 'h100'?")]
    [InlineData("calibrate h100 --dry-run --date yesterday", "--date: error")]
    [InlineData("calibrate h100 --dry-run --from /no/such.csv", "/no/such.csv")]
    [InlineData("calibrate nothing --collectives", "no chip or family")]
    public void A_wrong_question_is_refused(string line, string expected)
    {
        Command command = Command.RunLine(line);
        command.ShouldBeRefused();
        command.Error.ShouldContain(expected);
    }
}
