using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Units;
using Shouldly;

namespace Orrery.Accounting.Tests;

internal static class Systems
{
    public static string DataRoot
    {
        get
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Orrery.slnx")))
                folder = folder.Parent;
            return Path.Combine(folder.ShouldNotBeNull().FullName, "data");
        }
    }

    public static SystemDescription Catalogue(string id) => DataCatalog.Open(DataRoot).System(id).Value.ShouldNotBeNull();

    /// <summary>A 700 W chip with 300 W around it, PUE 1.2.</summary>
    public static SystemDescription Plain(params PriceReading[] prices) => Catalogue("dgx-h100") with
    {
        OverheadPowerPerChip = Known(new Watts(300)),
        PowerUsageEffectiveness = Known(1.2),
        Prices = [.. prices],
    };

    public static Sourced<T> Known<T>(T value) => new("test", [new Reading<T>("test", value, Mark.Assumed, "made up", "2026-11-20", "")], 0);
}
