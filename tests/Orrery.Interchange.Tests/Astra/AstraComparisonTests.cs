using System.Collections.Immutable;
using Shouldly;
using Xunit;

namespace Orrery.Interchange.Tests;

public sealed class AstraComparisonTests
{
    [Fact]
    public void Every_shipped_benchmark_is_above_its_bound_close_to_its_formula_and_explained_to_the_nanosecond()
    {
        (ImmutableArray<AstraCase> cases, var diagnostics) = AstraComparison.Run(RepositoryData.PathOf(""));
        diagnostics.ShouldBeEmpty();
        cases.Length.ShouldBe(13);
        foreach (AstraCase one in cases)
        {
            one.Closed.Value.ShouldBeGreaterThanOrEqualTo(one.Bound.Value, one.Network);
            one.Flow.Value.ShouldBeGreaterThanOrEqualTo(one.Bound.Value, one.Network);
            (one.Flow.Value / one.Closed.Value).ShouldBe(1, 0.1, one.Network);
            Math.Abs(one.Unexplained.Value).ShouldBeLessThan(1e-9, $"{one.Kind} on {one.Network}");
            (one.Closed + one.MoreWire + one.Account.StoreAndForward + one.MoreLatency + one.Account.Reduction + one.Account.Rounding + one.Unexplained).Value
                .ShouldBe(one.Theirs.Value, 1e-12, "the parts sum to the difference");
        }
    }

    [Fact]
    public void The_account_gives_the_published_regression_figure()
    {
        AstraNetwork ring = AstraNetwork.ReadFile(RepositoryData.PathOf("chakra/network/Ring_8npus.yml")).Value.ShouldNotBeNull();
        AstraSystem system = AstraSystem.ReadFile(RepositoryData.PathOf("chakra/system/Ring_4chunks.json")).Value.ShouldNotBeNull() with { Memory = new(50e9) };
        AstraAccount.Of(ring, system, ChakraCollective.AllReduce, 1 << 20).ShouldNotBeNull().Total.Value.ShouldBe(117_780e-9, 1e-12);
    }

    [Fact]
    public void A_collective_of_one_s_own_replayed_as_messages_agrees_within_rounding()
    {
        AstraNetwork ring = AstraNetwork.ReadFile(RepositoryData.PathOf("chakra/network/Ring_8npus.yml")).Value.ShouldNotBeNull();
        TraceSet set = TraceSet.Read(RepositoryData.PathOf("chakra/micro/custom")).Value.ShouldNotBeNull();
        ReplayReport report = Jobs.Run(set, ReplayFabric.Of(ring, settings: null, ReplayNetwork.Closed, "ring"));

        // ASTRA-sim answers 90,174 cycles and cuts each of 14 steps to whole ns.
        report.Makespan.Value.ShouldBe(90_174e-9, 15e-9);
    }
}
