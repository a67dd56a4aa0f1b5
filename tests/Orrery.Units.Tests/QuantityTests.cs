using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace Orrery.Units.Tests;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("4.9 TB/s", QuantityKind.DataRate, 4.9e12)]
    [InlineData("4.9TB/s", QuantityKind.DataRate, 4.9e12)]
    [InlineData("  4.9   TB/s ", QuantityKind.DataRate, 4.9e12)]
    [InlineData("820 GiB/s", QuantityKind.DataRate, 820.0 * 1024 * 1024 * 1024)]
    [InlineData("400 Gbps", QuantityKind.DataRate, 50e9)]
    [InlineData("28.8 Tbps", QuantityKind.DataRate, 3.6e12)]
    [InlineData("8 Gbit/s", QuantityKind.DataRate, 1e9)]
    [InlineData("25 GBps", QuantityKind.DataRate, 25e9)]
    [InlineData("144 GiB", QuantityKind.Data, 144.0 * 1024 * 1024 * 1024)]
    [InlineData("80 GB", QuantityKind.Data, 80e9)]
    [InlineData("1GiB", QuantityKind.Data, 1073741824.0)]
    [InlineData("64 KiB", QuantityKind.Data, 65536.0)]
    [InlineData("64 kB", QuantityKind.Data, 64000.0)]
    [InlineData("1 EB", QuantityKind.Data, 1e18)]
    [InlineData("1 EiB", QuantityKind.Data, 1152921504606846976.0)]
    [InlineData("512 B", QuantityKind.Data, 512.0)]
    [InlineData("2.4 GHz", QuantityKind.Frequency, 2.4e9)]
    [InlineData("700 W", QuantityKind.Power, 700.0)]
    [InlineData("10.2 kW", QuantityKind.Power, 10200.0)]
    [InlineData("1,300 ns", QuantityKind.Duration, 1.3e-6)]
    [InlineData("1,234,567 ns", QuantityKind.Duration, 1.234567e-3)]
    [InlineData("15 \u00b5s", QuantityKind.Duration, 15e-6)]
    [InlineData("-2 us", QuantityKind.Duration, -2e-6)]
    [InlineData("1.5 h", QuantityKind.Duration, 5400.0)]
    [InlineData("30 days", QuantityKind.Duration, 2592000.0)]
    [InlineData("671 TFLOPS", QuantityKind.WorkRate, 671e12)]
    [InlineData("671 TFLOP/s", QuantityKind.WorkRate, 671e12)]
    [InlineData("2.5 PFLOPS", QuantityKind.WorkRate, 2.5e15)]
    [InlineData("624 TOPS", QuantityKind.WorkRate, 624e12)]
    [InlineData("3 TFLOP", QuantityKind.Work, 3e12)]
    [InlineData("1.5 kWh", QuantityKind.Energy, 5.4e6)]
    [InlineData("3.6 MJ", QuantityKind.Energy, 3.6e6)]
    [InlineData("6 pJ", QuantityKind.Energy, 6e-12)]
    [InlineData("$2.235", QuantityKind.Money, 2.235)]
    [InlineData("$1,280.50", QuantityKind.Money, 1280.5)]
    [InlineData("-$3", QuantityKind.Money, -3.0)]
    [InlineData("$3 M", QuantityKind.Money, 3e6)]
    [InlineData("2.235 USD", QuantityKind.Money, 2.235)]
    [InlineData("0.85", QuantityKind.Number, 0.85)]
    [InlineData("85 %", QuantityKind.Number, 0.85)]
    [InlineData("1.5e-3", QuantityKind.Number, 1.5e-3)]
    [InlineData("1.3E-06 s", QuantityKind.Duration, 1.3e-6)]
    [InlineData(".5 s", QuantityKind.Duration, 0.5)]
    public void What_people_write_is_read(string text, QuantityKind kind, double expected)
    {
        Quantity.TryParse(text, kind, out double value, out string problem).ShouldBeTrue(problem);
        value.ShouldBe(expected, Math.Abs(expected) * 1e-14);
        problem.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("4.9", QuantityKind.DataRate, "needs a unit; did you mean '4.9 TB/s'?")]
    [InlineData("144", QuantityKind.Data, "needs a unit; did you mean '144 GiB'?")]
    [InlineData("2.2", QuantityKind.Money, "needs a unit; did you mean '$2.2'?")]
    [InlineData("4.9 TB", QuantityKind.DataRate, "is an amount of data ('TB'); expected a data rate; did you mean '4.9 TB/s'?")]
    [InlineData("5 W", QuantityKind.Energy, "is a power ('W'); expected an energy; did you mean '5 Wh'?")]
    [InlineData("5 W", QuantityKind.Number, "is a power ('W'); expected a number without a unit")]
    [InlineData("4.9 tb/s", QuantityKind.DataRate, "has the unknown unit 'tb/s'; did you mean '4.9 TB/s'?")]
    [InlineData("400 gbps", QuantityKind.DataRate, "has the unknown unit 'gbps'; did you mean '400 Gbps'?")]
    [InlineData("3 GHZ", QuantityKind.Frequency, "has the unknown unit 'GHZ'; did you mean '3 GHz'?")]
    [InlineData("3 furlongs", QuantityKind.Frequency, "has the unknown unit 'furlongs'; expected a frequency, such as '2.4 GHz'")]
    [InlineData("1,5 TB", QuantityKind.Data, "has a comma that does not group thousands ('1,5 TB'); a fraction is written with a point")]
    [InlineData("1,2345 TB", QuantityKind.Data, "has a comma that does not group thousands ('1,2345 TB'); a fraction is written with a point")]
    [InlineData("", QuantityKind.Data, "is empty; expected an amount of data, such as '96 GiB'")]
    [InlineData("fast", QuantityKind.DataRate, "is 'fast'; expected a data rate, such as '4.9 TB/s'")]
    [InlineData("NaN", QuantityKind.Number, "is 'NaN'; expected a number, such as '0.85'")]
    [InlineData("Infinity s", QuantityKind.Duration, "is 'Infinity s'; expected a duration, such as '1.3 us'")]
    [InlineData("1e400", QuantityKind.Number, "is larger than any number this program can hold")]
    [InlineData("1e300 ZB", QuantityKind.Data, "is larger than any number this program can hold")]
    [InlineData("$3 GB", QuantityKind.Money, "has the unit 'GB' after an amount in dollars; expected an amount of money, such as '$2.24'")]
    [InlineData("0x10 B", QuantityKind.Data, "has the unknown unit 'x10 B'; expected an amount of data, such as '96 GiB'")]
    public void What_cannot_be_read_is_explained(string text, QuantityKind kind, string expected)
    {
        Quantity.TryParse(text, kind, out double value, out string problem).ShouldBeFalse();
        problem.ShouldBe(expected);
        value.ShouldBe(0);
    }

    [Fact]
    public void Decimal_and_binary_words_print_as_what_they_are()
    {
        Bytes capacity = new(144.0 * 1024 * 1024 * 1024);
        Quantity.FormatBinary(capacity).ShouldBe("144 GiB");
        Quantity.Format(capacity).ShouldBe("154.6 GB");
        Quantity.Format(new Bytes(80e9)).ShouldBe("80 GB");
        Quantity.Format(new Bytes(0)).ShouldBe("0 B");
        Quantity.Format(new Bytes(999.99e9)).ShouldBe("1 TB");
        Quantity.FormatBinary(new Bytes(1023)).ShouldBe("1,023 B");
    }

    [Fact]
    public void Rates_power_energy_and_money_print_with_their_prefix()
    {
        Quantity.Format(new BytesPerSecond(4.9e12)).ShouldBe("4.9 TB/s");
        Quantity.FormatBits(new BytesPerSecond(50e9)).ShouldBe("400 Gbps");
        Quantity.Format(new FlopPerSecond(671e12)).ShouldBe("671 TFLOP/s");
        Quantity.Format(new Flop(1.2e15)).ShouldBe("1.2 PFLOP");
        Quantity.Format(new Hertz(2.4e9)).ShouldBe("2.4 GHz");
        Quantity.Format(new Watts(700)).ShouldBe("700 W");
        Quantity.Format(new Watts(1.2e6)).ShouldBe("1.2 MW");
        Quantity.Format(new Joules(3.6e6)).ShouldBe("3.6 MJ");
        Quantity.FormatKilowattHours(new Joules(5.4e6)).ShouldBe("1.5 kWh");
        Quantity.Format(new Dollars(2.235)).ShouldBe("$2.235");
        Quantity.Format(new Dollars(1280.4)).ShouldBe("$1,280");
        Quantity.Format(new Dollars(-3.4e6)).ShouldBe("-$3.4 M");
        Quantity.FormatPercent(0.4321).ShouldBe("43.2 %");
        Quantity.FormatNumber(16384, 5).ShouldBe("16,384");
        Quantity.FormatNumber(0.00152).ShouldBe("0.00152");
        Quantity.Format(new Watts(double.NaN)).ShouldBe("unknown");
        Quantity.Format(new Watts(double.PositiveInfinity)).ShouldBe("unlimited");
    }

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(1.3e-6, "1.3 us")]
    [InlineData(6e-7, "600 ns")]
    [InlineData(0.0123456, "12.35 ms")]
    [InlineData(0.99999, "1 s")]
    [InlineData(59.9999, "1 min")]
    [InlineData(1.5, "1.5 s")]
    [InlineData(90, "1.5 min")]
    [InlineData(5400, "1.5 h")]
    [InlineData(86400, "24 h")]
    [InlineData(864000, "10 days")]
    [InlineData(-0.002, "-2 ms")]
    public void Durations_choose_the_unit_a_person_would(double seconds, string expected) =>
        Quantity.Format(new Seconds(seconds)).ShouldBe(expected);

    [Fact]
    public void What_is_printed_can_be_read_back()
    {
        Gen<double> sizes = from mantissa in Gen.Choose(1, 99999) from exponent in Gen.Choose(-9, 18) select mantissa * Math.Pow(10, exponent - 4);
        Prop.ForAll(sizes.ToArbitrary(), size =>
        {
            Holds(Quantity.Format(new Bytes(size), 12), QuantityKind.Data, size);
            Holds(Quantity.FormatBinary(new Bytes(size), 12), QuantityKind.Data, size);
            Holds(Quantity.Format(new BytesPerSecond(size), 12), QuantityKind.DataRate, size);
            Holds(Quantity.FormatBits(new BytesPerSecond(size), 12), QuantityKind.DataRate, size);
            Holds(Quantity.Format(new FlopPerSecond(size), 12), QuantityKind.WorkRate, size);
            Holds(Quantity.Format(new Seconds(size), 12), QuantityKind.Duration, size);
            Holds(Quantity.Format(new Dollars(size), 12), QuantityKind.Money, size);
            Holds(Quantity.FormatNumber(size, 12), QuantityKind.Number, size);
        }).QuickCheckThrowOnFailure();

        static void Holds(string text, QuantityKind kind, double expected)
        {
            Quantity.TryParse(text, kind, out double value, out string problem).ShouldBeTrue($"{text}: {problem}");
            value.ShouldBe(expected, expected * 1e-10, text);
        }
    }

    [Fact]
    public void No_text_makes_the_reader_throw_or_return_a_number_that_is_none()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<string?>(), text =>
        {
            foreach (QuantityKind kind in Enum.GetValues<QuantityKind>())
            {
                bool done = Quantity.TryParse(text, kind, out double value, out string problem);
                double.IsFinite(value).ShouldBeTrue();
                problem.Length.ShouldBe(done ? 0 : problem.Length);
                (done || problem.Length > 0).ShouldBeTrue();
            }
        }).QuickCheckThrowOnFailure();
        Quantity.TryParse(new string('9', 100_000), QuantityKind.Data, out double _, out string _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("bandwith", "bandwidth", 1)]
    [InlineData("abcd", "abdc", 1)]
    [InlineData("", "abc", 3)]
    [InlineData("same", "same", 0)]
    public void Edit_distance_counts_slips(string left, string right, int expected)
    {
        EditDistance.Between(left, right).ShouldBe(expected);
        EditDistance.Between(right, left).ShouldBe(expected);
    }

    [Fact]
    public void The_nearest_word_is_the_first_of_the_closest()
    {
        EditDistance.Nearest("trainum3", ["trainium2", "trainium3", "h100"]).ShouldBe("trainium3");
        EditDistance.Nearest("H100", ["trainium2", "h100"]).ShouldBe("h100");
        EditDistance.Nearest("torus", ["ring", "torus-2d", "torus-3d"]).ShouldBe("torus-2d");
        EditDistance.Nearest("zebra", ["trainium2", "h100"]).ShouldBeNull();
    }
}
