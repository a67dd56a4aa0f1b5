using FsCheck;
using FsCheck.Fluent;
using Orrery.Catalog;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Accounting.Tests;

public sealed class EnergyModelTests
{
    private static readonly EnergyModel Model = EnergyModel.Open(Systems.DataRoot);

    [Fact]
    public void The_data_file_is_whole() => Model.Diagnostics.ShouldBeEmpty();

    [Fact]
    public void An_idle_chip_draws_its_idle_power()
    {
        ChipDescription chip = Systems.Plain().Chip;
        Model.ChipPower(chip, default).Value.ShouldBe(chip.Power.Value.Value * chip.IdlePowerFraction.Value, 1e-9);
    }

    [Fact]
    public void No_activity_takes_a_chip_past_its_rating()
    {
        ChipDescription chip = Systems.Plain().Chip;
        Model.ChipPower(chip, new ChipActivity(1, 1, 1, 1)).ShouldBe(chip.Power.Value);
    }

    [Fact]
    public void Energy_is_the_power_of_chips_servers_and_facility_over_the_time()
    {
        EnergyModel model = EnergyModel.Parse(Shares("0.5", "0.5"), "a.yaml");
        model.Diagnostics.ShouldBeEmpty();
        SystemDescription system = Systems.Plain();
        EnergyUse use = model.Of(system, new ChipActivity(0.4, 0, 0), 16, new Seconds(10));

        double chip = 700 * (system.Chip.IdlePowerFraction.Value + 0.2);
        use.ChipPower.Value.ShouldBe(chip, 1e-9);
        use.Chips.Value.ShouldBe(chip * 160, 1e-6);
        use.Servers.Value.ShouldBe(150 * 160, 1e-6);
        use.Total.Value.ShouldBe((chip + 150) * 160 * 1.2, 1e-6);
        use.FacilityPower.Value.ShouldBe((chip + 150) * 16 * 1.2, 1e-6);
    }

    [Theory]
    [InlineData("dgx-a100")]
    [InlineData("dgx-h100")]
    public void A_training_job_at_ordinary_utilization_draws_most_of_the_rated_power(string system)
    {
        // MFU 0.4 to 0.5: matrix units as busy, memory a third of the time.
        ChipDescription chip = Systems.Catalogue(system).Chip;
        foreach (double matrix in (double[])[0.42, 0.5])
            (Model.ChipPower(chip, new ChipActivity(matrix, 0.35, 0.15)) / chip.Power.Value).ShouldBeInRange(0.82, 0.95);
    }

    [Fact]
    public void A_measured_training_server_is_met()
    {
        // mlperf-training-smc, GPT-3 on 64 servers of eight H100: 6,849 W a server at the wall, facility not included.
        SystemDescription system = Systems.Catalogue("dgx-h100") with { PowerUsageEffectiveness = Systems.Known(1.0) };
        EnergyUse use = Model.Of(system, new ChipActivity(0.5, 0.35, 0.15), 8, new Seconds(1));
        use.FacilityPower.Value.ShouldBe(6849, 6849 * 0.1);
    }

    [Fact]
    public void More_activity_never_draws_less()
    {
        ChipDescription chip = Systems.Plain().Chip;
        Gen<double> share = Gen.Choose(0, 1000).Select(n => n / 1000.0);
        Gen<(ChipActivity, int)> cases = from m in share from h in share from l in share from v in share from which in Gen.Choose(0, 3) select (new ChipActivity(m, h, l, v), which);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            (ChipActivity activity, int which) = c;
            ChipActivity more = which switch
            {
                0 => activity with { Matrix = 1 },
                1 => activity with { Memory = 1 },
                2 => activity with { Link = 1 },
                _ => activity with { Vector = 1 },
            };
            return Model.ChipPower(chip, more) >= Model.ChipPower(chip, activity);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithReplay(20261120, 11));
    }

    [Fact]
    public void Families_without_figures_of_their_own_take_the_default()
    {
        EnergyModel model = EnergyModel.Parse(Shares("0.5", "0.5") + Shares("0.25", "1").Replace("default", "neuron", StringComparison.Ordinal), "a.yaml");
        model.SharesOf(Systems.Catalogue("dgx-h100").Chip)!.Matrix.Value.ShouldBe(0.5);
        model.SharesOf(Systems.Catalogue("trn3-gen2").Chip)!.Matrix.Value.ShouldBe(0.25);
    }

    [Theory]
    [InlineData("")]
    [InlineData("default: 3")]
    [InlineData("default: {matrix: {value: 2, mark: assumed, note: n}}")]
    [InlineData("neuron: {}")]
    public void A_broken_file_is_reported_and_the_answer_is_the_rated_power(string text)
    {
        EnergyModel model = EnergyModel.Parse(text, "broken.yaml");
        model.Diagnostics.ShouldNotBeEmpty();
        SystemDescription system = Systems.Plain();
        model.Of(system, default, 1, new Seconds(1)).FacilityPower.Value.ShouldBe(1000 * 1.2, 1e-9);
    }

    [Fact]
    public void A_missing_file_is_reported() => EnergyModel.Open("/nowhere").Diagnostics.ShouldNotBeEmpty();

    private static string Shares(string matrix, string overhead) => $$"""
        default:
          matrix: {value: {{matrix}}, mark: assumed, note: n}
          vector: {value: 0, mark: assumed, note: n}
          memory: {value: 0.5, mark: assumed, note: n}
          link: {value: 0, mark: assumed, note: n}
          overhead: {value: {{overhead}}, mark: assumed, note: n}

        """;
}
