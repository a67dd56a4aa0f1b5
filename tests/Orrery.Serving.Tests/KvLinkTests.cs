using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>Ports between two pools.</summary>
public sealed class KvLinkTests
{
    private const long Second = (long)RequestTrace.TicksPerSecond;

    [Fact]
    public void A_transfer_takes_its_bytes_over_the_slower_end_and_the_latency()
    {
        KvLink link = new(1, 200, 1, 100, 0.5);
        link.Send(0, 0, 100, 0, 0, 0).ShouldBe(Second + (Second / 2));
        link.Sent[0].ShouldBe(100);
        link.Received[0].ShouldBe(100);
        link.SendingTicks.ShouldBe(Second / 2);
        link.ReceivingTicks.ShouldBe(Second);
    }

    [Fact]
    public void Transfers_that_share_a_port_follow_one_another_at_either_end()
    {
        KvLink sharedSender = new(1, 100, 2, 1e9, 0);
        sharedSender.Send(0, 0, 100, 0, 0, 0).ShouldBe(Second);
        sharedSender.Send(0, 1, 100, 0, 0, 0).ShouldBe(2 * Second);
        KvLink sharedReceiver = new(2, 1e9, 1, 100, 0);
        sharedReceiver.Send(0, 0, 100, 0, 0, 0).ShouldBe(Second);
        sharedReceiver.Send(1, 0, 100, 0, 0, 0).ShouldBe(2 * Second);
        KvLink apart = new(2, 100, 2, 100, 0);
        apart.Send(0, 0, 100, 0, 0, 0).ShouldBe(Second);
        apart.Send(1, 1, 100, 0, 0, 0).ShouldBe(Second);
    }

    [Fact]
    public void What_is_made_last_goes_last()
    {
        KvLink link = new(1, 100, 1, 100, 0);
        link.Send(0, 0, 100, begin: 0, made: 10 * Second, last: 10).ShouldBe((10 * Second) + (Second / 10));
    }

    [Fact]
    public void A_prompt_is_whole_blocks_of_the_layers_that_keep_all_and_windows_of_the_others()
    {
        ServingPlan plan = new() { TensorParallel = 1, Replicas = 1 };
        KvLayout all = new(Bench.Model(), plan);
        KvCargo cargo = new(all, 16, 1, 4);
        cargo.Bytes(1).ShouldBe(all.BlockBytes(16));
        cargo.Bytes(17).ShouldBe(2 * all.BlockBytes(16));
        cargo.OfLayer(cargo.Bytes(17)).ShouldBe(cargo.Bytes(17) / 4);
        KvCargo windows = new(new KvLayout(Bench.Model(window: 64), plan), 16, 1, 4);
        windows.Bytes(32).ShouldBe(cargo.Bytes(32));
        windows.Bytes(4096).ShouldBe(cargo.Bytes(80));
    }

    [Fact]
    public void Heads_that_more_ranks_keep_than_there_are_go_to_each_of_them()
    {
        KvCargo eight = new(new KvLayout(Bench.Model(kvHeads: 8), new ServingPlan { TensorParallel = 8, Replicas = 1 }), 16, 8, 4);
        KvCargo sixteen = new(new KvLayout(Bench.Model(heads: 16, kvHeads: 8), new ServingPlan { TensorParallel = 16, Replicas = 1 }), 16, 16, 4);
        KvCargo one = new(new KvLayout(Bench.Model(kvHeads: 8), new ServingPlan { TensorParallel = 1, Replicas = 1 }), 16, 1, 4);
        eight.Bytes(1600).ShouldBe(one.Bytes(1600));
        // Half as wide heads, twice as many copies.
        sixteen.Bytes(1600).ShouldBe(one.Bytes(1600));
    }
}
