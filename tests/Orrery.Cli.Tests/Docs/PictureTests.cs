using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests.Docs;

public sealed class PictureTests
{
    [Fact]
    public void The_picture_of_the_readme_shows_what_its_first_command_prints()
    {
        string[] lines = File.ReadAllLines(Repository.PathOf("README.md"));
        string first = lines.First(line => line.StartsWith("$ ./orrery ", StringComparison.Ordinal))[2..];
        Command command = Command.RunLine(first["./orrery ".Length..]);
        command.Code.ShouldBe(ExitCode.Done, command.Error);
        string picture = ReportPicture.Draw(first, command.Output);
        string path = Repository.PathOf("docs", "report.svg");
        if (Environment.GetEnvironmentVariable("ORRERY_ACCEPT") == "1")
            File.WriteAllText(path, picture);
        File.ReadAllText(path).ReplaceLineEndings("\n").ShouldBe(picture, "docs/report.svg is out of date; ORRERY_ACCEPT=1 redraws it");
    }

    public static TheoryData<string> Schedules => [.. Training.Schedule.List.Words];

    [Theory]
    [MemberData(nameof(Schedules))]
    public void The_page_of_schedules_shows_each_as_it_is_drawn_now(string name)
    {
        string picture = Pictures.SchedulePicture.Draw(Training.Schedule.List.Get(name));
        string path = Repository.PathOf("docs", "schedules", $"{name}.svg");
        if (Environment.GetEnvironmentVariable("ORRERY_ACCEPT") == "1")
            File.WriteAllText(path, picture);
        File.ReadAllText(path).ReplaceLineEndings("\n").ShouldBe(picture, $"docs/schedules/{name}.svg is out of date; ORRERY_ACCEPT=1 redraws it");
        File.ReadAllText(Repository.PathOf("docs", "schedules.md")).ShouldContain($"(schedules/{name}.svg)");
    }
}
