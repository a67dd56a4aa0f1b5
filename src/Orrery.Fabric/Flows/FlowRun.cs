using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// Runs flows that start together to their end: fair rates are computed anew whenever flows end, and bytes are cut through (a message is on all its
/// links at once and serialised once). Keeps its memory from run to run.
/// </summary>
public sealed class FlowRun
{
    // Flows that would end within a thousandth of the time so far of each other end together, with the last of them: never too early, and the number
    // of events stays some thousands however many flows have ends of their own.
    private const double Together = 1e-3;

    private readonly FairShares _shares = new();
    private double[] _left = [];
    private double[] _rates = [];
    private bool[] _active = [];
    private double[] _carried = [];

    /// <summary>Times that rates were computed in the last run.</summary>
    public int Events { get; private set; }

    /// <summary>Number of the link that was busy longest in the last run; -1 where nothing moved.</summary>
    public int Busiest { get; private set; }

    /// <summary>How long that link would take for all it carried.</summary>
    public Seconds BusiestTime { get; private set; }

    /// <summary>Time from the first byte on the wire to the last, latency left out.</summary>
    public Seconds Run(FlowSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        int flows = set.FlowCount;
        if (_left.Length < flows)
        {
            _left = new double[flows];
            _rates = new double[flows];
            _active = new bool[flows];
        }

        int open = 0;
        for (int flow = 0; flow < flows; flow++)
        {
            _left[flow] = set.Bytes(flow);
            _active[flow] = _left[flow] > 0;
            open += _active[flow] ? 1 : 0;
        }

        double now = 0;
        Events = 0;
        while (open > 0)
        {
            _shares.Solve(set, _active.AsSpan(0, flows), _rates.AsSpan(0, flows));
            Events++;
            double first = double.PositiveInfinity;
            for (int flow = 0; flow < flows; flow++)
            {
                if (_active[flow])
                    first = Math.Min(first, _left[flow] / _rates[flow]);
            }

            if (!double.IsFinite(first))
                throw new InvalidOperationException("a flow crosses a link that carries nothing");
            double limit = first + (Together * (now + first)), step = first;
            for (int flow = 0; flow < flows; flow++)
            {
                if (_active[flow] && _left[flow] / _rates[flow] is var end && end <= limit)
                    step = Math.Max(step, end);
            }

            for (int flow = 0; flow < flows; flow++)
            {
                if (!_active[flow])
                    continue;
                if (_left[flow] / _rates[flow] <= step)
                {
                    _active[flow] = false;
                    open--;
                }
                else
                {
                    _left[flow] -= _rates[flow] * step;
                }
            }

            now += step;
        }

        FindBusiest(set);
        return new Seconds(now);
    }

    private void FindBusiest(FlowSet set)
    {
        int links = set.LinkCount;
        if (_carried.Length < links)
            _carried = new double[links];
        Array.Clear(_carried, 0, links);
        for (int flow = 0; flow < set.FlowCount; flow++)
        {
            ReadOnlySpan<int> crossed = set.LinksOf(flow);
            ReadOnlySpan<double> weights = set.WeightsOf(flow);
            for (int index = 0; index < crossed.Length; index++)
                _carried[crossed[index]] += weights[index] * set.Bytes(flow);
        }

        Busiest = -1;
        double longest = 0;
        for (int link = 0; link < links; link++)
        {
            double busy = _carried[link] / set.Capacity(link);
            if (busy > longest)
                (longest, Busiest) = (busy, set.LinkId(link));
        }

        BusiestTime = new Seconds(longest);
    }
}
