using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests;

/// <summary>A choice that leaves no layout is named, with what it breaks and the nearest that would do; one without effect is told.</summary>
public sealed class RefusedLayoutTests
{
    private const string Job = "train --model llama-3.1-8b --system dgx-h100 --chips 64 ";

    [Theory]
    [InlineData("--tp 3", "--tp: error ORR4005: 3 leaves no layout of llama-3.1-8b on 64 ranks: it does not divide the ranks; the nearest that have one are 2 and 4")]
    [InlineData("--tp 64", "--tp: error ORR4005: 64 leaves no layout of llama-3.1-8b on 64 ranks: tp 64 does not divide the 32 attention heads; the nearest that has one is 32")]
    [InlineData("--pp 64", "pp 64 x vpp 1 = 64 chunks, but the model has 32 layers; the nearest that has one is 32")]
    [InlineData("--vpp 2 --pp 1", "--vpp: error ORR4005: 2 leaves no layout of llama-3.1-8b on 64 ranks: a pipeline of one stage has one chunk")]
    [InlineData("--ep 2", "ep 2, but the model has no experts")]
    [InlineData("--micro-batch 3", "global batch 2048 is not a multiple of dp x micro-batch = 192; the nearest that have one are 2 and 4")]
    [InlineData("--pipeline-split 1,2", "--pipeline-split: error ORR4005: 1,2 leaves no layout of llama-3.1-8b on 64 ranks: the pipeline split has 3 layers, the model 32")]
    [InlineData("--prefetch 2", "--prefetch: error ORR4005: 2 leaves no layout of llama-3.1-8b on 64 ranks: prefetch 2 needs zero 3")]
    [InlineData("--zero 2 --pp 2", "--zero: error ORR4005: 2 leaves no layout")]
    [InlineData("--zero 3 --dp 64 --shard-ranks 7", "--shard-ranks: error ORR4005: 7 leaves no layout")]
    [InlineData("--tp 8 --pp 8 --dp 3", "--dp: error ORR4005: 3 leaves no layout")]
    [InlineData("--cp 4 --cp-layout hybrid --cp-inner 3", "--cp-inner: error ORR4005: 3 leaves no layout of llama-3.1-8b on 64 ranks: cp-inner 3 does not divide cp 4; the nearest that have one are 2 and 4")]
    public void What_leaves_no_layout_is_named_with_the_nearest_that_does(string flags, string expected)
    {
        Command command = Command.RunLine(Job + flags);
        command.Code.ShouldBe(ExitCode.AnswerIsNo);
        command.Output.ShouldBeEmpty();
        command.Error.ShouldContain(expected);
        command.Error.TrimEnd().Split('\n').Length.ShouldBe(1, command.Error);
    }

    [Fact]
    public void Each_of_several_is_named()
    {
        string error = Command.RunLine(Job + "--tp 3 --micro-batch 3 --ep 2").Error;
        foreach (string flag in (string[])["--tp:", "--ep:", "--micro-batch:"])
            error.ShouldContain(flag);
    }

    [Fact]
    public void A_batch_that_nothing_divides_has_its_neighbours_named()
    {
        string error = Command.RunLine("train --model llama-3.1-8b --system dgx-h100 --chips 72 --global-batch 5 --pp 1 --tp 1").Error;
        error.ShouldContain("the nearest that has one is 9");
    }

    [Theory]
    [InlineData("--shard-ranks 8", "--shard-ranks: note ORR4013: has no effect")]
    [InlineData("--schedule gpipe", "--schedule: note ORR4013: has no effect")]
    [InlineData("--cp-balance none", "--cp-balance: note ORR4013: has no effect")]
    [InlineData("--cp 4 --cp-inner 2", "--cp-inner: note ORR4013: has no effect: it is for --cp-layout hybrid")]
    [InlineData("--capacity-factor 1.25", "--capacity-factor: note ORR4013: has no effect: the model has no experts")]
    [InlineData("--document-spread 0.5", "--document-spread: note ORR4013: has no effect")]
    public void A_choice_without_effect_is_told_and_changes_nothing(string flags, string expected)
    {
        Command command = Command.RunLine(Job + flags);
        command.Code.ShouldBe(ExitCode.Done, command.Error);
        command.Error.ShouldContain(expected);
        string own = flags.Split(' ')[0] == "--cp" ? "--cp 4" : "";
        Plan(command).ShouldBe(Plan(Command.RunLine(Job + own)));
    }

    [Fact]
    public void An_order_that_is_none_is_refused()
    {
        Command command = Command.RunLine(Job + "--order foo");
        command.ShouldBeRefused();
        command.Error.ShouldContain("--order: error ORR0004");
    }

    private static string Plan(Command command) => command.Output.Split('\n').First(static line => line.StartsWith("plan", StringComparison.Ordinal));
}
