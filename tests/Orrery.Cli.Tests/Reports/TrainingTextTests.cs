using Orrery.Cli.Reports;
using Orrery.Training;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests.Reports;

public sealed class TrainingTextTests
{
    [Fact]
    public void A_plan_that_fits_reads_well() => Golden.ShouldMatch(Text(Samples.Fits, Terminal.Plain), "train-fits.txt");

    [Fact]
    public void A_plan_that_does_not_fit_says_so_and_what_to_try() => Golden.ShouldMatch(Text(Samples.DoesNotFit, Terminal.Plain), "train-does-not-fit.txt");

    [Fact]
    public void A_report_stays_inside_a_hundred_columns_and_45_lines()
    {
        string[] lines = Text(Samples.Fits, Terminal.Plain).TrimEnd().Split('\n');
        lines.Max(line => line.Length).ShouldBeLessThanOrEqualTo(100);
        lines.Length.ShouldBeLessThanOrEqualTo(45);
    }

    [Fact]
    public void Colour_adds_escape_sequences_and_nothing_else()
    {
        string coloured = Text(Samples.Fits, new Terminal(HasColour: true));
        coloured.ShouldContain("\e[1m");
        coloured.Replace("\e[0m", "").Replace("\e[1m", "").Replace("\e[2m", "").ShouldBe(Text(Samples.Fits, Terminal.Plain));
    }

    [Fact]
    public void The_next_command_replaces_the_flag_it_changes()
    {
        Text(Samples.DoesNotFit, Terminal.Plain).ShouldContain("--chips 2304 --recompute full");
        TrainingReport full = Samples.DoesNotFit with { Plan = Samples.DoesNotFit.Plan with { Recompute = Recompute.Full } };
        Text(full, Terminal.Plain).ShouldContain("--recompute none --chips 4608");
    }

    private static string Text(TrainingReport report, Terminal terminal)
    {
        using StringWriter output = new() { NewLine = "\n" };
        TrainingText.Write(output, terminal, Samples.Ask(report), report);
        return output.ToString();
    }
}
