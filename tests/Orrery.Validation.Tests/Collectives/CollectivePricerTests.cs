using Orrery.Catalog;
using Orrery.Validation.Cases;
using Orrery.Validation.Collectives;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Collectives;

public sealed class CollectivePricerTests
{
    [Fact]
    public void A_case_that_names_its_server_in_its_link_is_priced_on_that_server()
    {
        DataCatalog catalog = DataCatalog.Open(RepositoryData.Root);
        CollectiveCase onEfa = CollectiveCase.Read(
            Path.Combine(RepositoryData.Root, "validation", "collectives.csv"), row => row.Origin.Id.StartsWith("efa-p4de-2n-", StringComparison.Ordinal))
            .Cases.MaxBy(row => row.MessageBytes ?? 0).ShouldNotBeNull();
        CollectivePricer pricer = new(catalog);
        double named = pricer.Price(onEfa, out _).ShouldNotBeNull().Time.Value;
        double first = pricer.Price(onEfa with { Link = "" }, out _).ShouldNotBeNull().Time.Value;
        // Four 100 Gbps cards against the eight of 200 Gbps that the first system with this chip has.
        (named / first).ShouldBeInRange(2, 4.5);
        named.ShouldBe(onEfa.Measured(onEfa.Origin.PrimaryMetric)!.Value * 1e-6, 0.3 * named);
    }
}
