using Orrery.Catalog;
using Orrery.Operators;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Fabric.Tests;

public sealed class ClosedFormFactoryTests
{
    private static readonly Collective Small = new(CollectiveKind.AllReduce, new Bytes(64 * 1024));

    [Theory]
    [InlineData("p4d.24xlarge")]
    [InlineData("p4de.24xlarge")]
    public void A_system_with_a_measured_network_takes_its_constants_without_being_asked(string id)
    {
        SystemDescription system = DataCatalog.Open(Libraries.DataRoot).System(id).Value.ShouldNotBeNull();
        ClosedFormCollectives own = Model(system), mechanism = Model(system with { NetworkFit = "" });
        RankGroup across = new RankGroups(system, 1).Group(1, 16, 16), inside = new RankGroups(system, 1).Group(1, 8, 16);

        // NCCL over these adapters was timed at 160 to 230 us for 64 KiB and less.
        own.Cost(Small, across).Time.Value.ShouldBeInRange(160e-6, 230e-6);
        own.Cost(Small, across).Time.Value.ShouldBeGreaterThan(1.5 * mechanism.Cost(Small, across).Time.Value);
        own.Cost(Small, inside).ShouldBe(mechanism.Cost(Small, inside));
        own.Provenance.ShouldContain(system.NetworkFit);
        mechanism.Provenance.ShouldNotContain("network");
    }

    [Fact]
    public void Another_chip_on_the_same_network_is_less_certain()
    {
        DataCatalog catalog = DataCatalog.Open(Libraries.DataRoot);
        SystemDescription measured = catalog.System("p4de.24xlarge").Value.ShouldNotBeNull(), like = catalog.System("p4d.24xlarge").Value.ShouldNotBeNull();
        Model(like).Sigma(Small, new RankGroups(like, 1).Group(1, 16, 16))
            .ShouldBe(1.5 * Model(measured).Sigma(Small, new RankGroups(measured, 1).Group(1, 16, 16)), 1e-9);
    }

    [Theory]
    [InlineData("efa.a100-08")]
    [InlineData("a100-80")]
    public void A_network_that_nobody_fitted_is_a_diagnostic(string subject)
    {
        SystemDescription system = DataCatalog.Open(Libraries.DataRoot).System("p4de").Value.ShouldNotBeNull() with { NetworkFit = subject };
        Result<ClosedFormCollectives> made = new ClosedFormFactory(Libraries.DataRoot).Create(system);
        made.Value.ShouldBeNull();
        made.Diagnostics.ShouldHaveSingleItem().Message.ShouldContain($"'{subject}'");
    }

    private static ClosedFormCollectives Model(SystemDescription system) => new ClosedFormFactory(Libraries.DataRoot).Create(system).Value.ShouldNotBeNull();
}
