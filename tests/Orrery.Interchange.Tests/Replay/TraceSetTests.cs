using Orrery.Catalog;
using Shouldly;
using Xunit;

namespace Orrery.Interchange.Tests;

public sealed class TraceSetTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-traces").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_folder_a_prefix_and_a_file_read_alike()
    {
        Write("step.0.et", 3);
        Write("step.1.et", 4);
        Write("notes.txt", 1);
        TraceSet.Read(_folder).Value.ShouldNotBeNull().World.ShouldBe(2);
        TraceSet.Read(Path.Combine(_folder, "step")).Value.ShouldNotBeNull().Traces[1].Rank.ShouldBe(1);
        TraceSet.Read(Path.Combine(_folder, "step.1.et"), 4).Value.ShouldNotBeNull().Traces.ShouldHaveSingleItem().Rank.ShouldBe(1);
    }

    [Fact]
    public void Ranks_without_a_trace_are_all_named()
    {
        Write("step.1.et", 3);
        Write("step.3.et", 3);
        string told = string.Join('\n', TraceSet.Read(_folder).Diagnostics);
        told.ShouldContain("rank 0 has no trace, and rank 1 has");
        told.ShouldContain("rank 2 has no trace, and rank 3 has");
        TraceSet.Read(_folder, 4).Value.ShouldNotBeNull().IsFolded.ShouldBeTrue();
        TraceSet.Read(_folder, 3).Diagnostics.ShouldHaveSingleItem().Code.ShouldBe(ReplayCodes.WrongRanks);
    }

    [Fact]
    public void Two_traces_of_one_rank_are_refused()
    {
        Write("a.0.et", 3);
        Write("b.0.et", 3);
        TraceSet.Read(_folder).Diagnostics.ShouldHaveSingleItem().Message.ShouldContain("are both of rank 0");
        TraceSet.Read(Path.Combine(_folder, "b")).Value.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("nowhere")]
    [InlineData("nowhere/at/all")]
    [InlineData("\0")]
    public void What_is_not_there_is_told(string name) =>
        TraceSet.Read(name.Length == 0 ? _folder : Path.Combine(_folder, name)).Diagnostics.ShouldHaveSingleItem().Severity.ShouldBe(Severity.Error);

    private void Write(string name, ulong micros) => File.WriteAllBytes(Path.Combine(_folder, name), new TraceBytes().Compute(1, micros).ToArray());
}
