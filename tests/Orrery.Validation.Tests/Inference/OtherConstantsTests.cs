using Orrery.Catalog;
using Orrery.Serving;
using Orrery.Validation.Inference;
using Orrery.Validation.Kernels;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Inference;

/// <summary>Closed loops with other constants than the fitted.</summary>
public sealed class OtherConstantsTests
{
    private static readonly Lazy<InferenceValidation> Validation = new(() => InferenceValidation.Run(DataCatalog.Open(DataCatalog.FindDataRoot()), []));

    private static CarriedConstants All(string from) => Validation.Value.Others.Single(one => one.From == from && one.To == "all");

    [Fact]
    public void Nothing_fitted_is_worse_than_fitted_and_better_than_bandwidth()
    {
        CarriedConstants nothing = All(OtherConstants.Nothing);
        CarriedConstants bandwidth = All(OtherConstants.Bandwidth);
        nothing.Rows.ShouldBe(bandwidth.Rows);
        nothing.Median.ShouldBeGreaterThan(nothing.OwnMedian);
        nothing.Median.ShouldBeLessThan(0.14);
        bandwidth.Median.ShouldBeGreaterThan(2 * nothing.Median);
        // Without launches, collectives and host every row comes out too fast.
        bandwidth.Bias.ShouldBeLessThan(0);
    }

    [Fact]
    public void Constants_of_a_sister_chip_carry()
    {
        CarriedConstants[] sisters = [.. Validation.Value.Others.Where(static one => one.From is not (OtherConstants.Nothing or OtherConstants.Bandwidth))];
        sisters.Select(static one => (one.From, one.To, one.Operator)).ShouldBe([("b200", "h200", "trtllm dense"), ("h200", "h100", "vllm dense"), ("h200", "h100", "vllm experts")], ignoreOrder: true);
        foreach (CarriedConstants sister in sisters)
            sister.Median.ShouldBeLessThan(0.08, sister.Operator);
    }

    [Fact]
    public void A_carried_fit_is_never_predicted_with()
    {
        DataCatalog catalog = DataCatalog.Open(DataCatalog.FindDataRoot());
        ServingStack stack = new ServingCatalog(catalog.DataRoot).Stack("vllm").Value!;
        ChipDescription chip = catalog.Chip("h100").Value!;
        CalibrationFit carried = stack.CarriedTo("dense", chip).ShouldNotBeNull();
        carried.Chips.ShouldBe(["h200"]);
        stack.FitFor("dense", chip)!.Operator.ShouldBe("dense");
        stack.CarriedTo("dense", catalog.Chip("h200").Value!).ShouldBeNull();
    }
}
