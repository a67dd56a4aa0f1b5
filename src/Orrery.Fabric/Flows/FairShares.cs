namespace Orrery.Fabric;

/// <summary>
/// Max-min fair rates: every flow gets as much as it can without taking from one that has no more. Links fill up one after the other, the one with the
/// smallest share for each of its flows first; its flows are then settled and the others share what is left.
/// </summary>
/// <remarks>
/// Source: D. Bertsekas and R. Gallager, Data Networks, section 6.5.2. A flow may put more or less than its own rate on a link: several alike count
/// as one with a weight, a flow split over equal ways puts a part on each. Keeps its memory from call to call.
/// </remarks>
internal sealed class FairShares
{
    private double[] _left = [];
    private double[] _weight = [];
    private int[] _first = [];
    private int[] _open = [];
    private int[] _flowOf = [];
    private double[] _heapKey = [];
    private int[] _heapLink = [];
    private int _heapCount;

    /// <summary>
    /// Rates of the flows of <paramref name="set"/> that are <paramref name="active"/>; the rest get 0. Links are numbered as the set numbers them.
    /// </summary>
    public void Solve(FlowSet set, ReadOnlySpan<bool> active, Span<double> rates)
    {
        int links = set.LinkCount, flows = set.FlowCount;
        Prepare(links, set.Crossings);
        for (int link = 0; link < links; link++)
            _left[link] = set.Capacity(link);
        Array.Clear(_weight, 0, links);
        Array.Clear(_open, 0, links);
        Array.Clear(_first, 0, links + 1);
        for (int flow = 0; flow < flows; flow++)
        {
            rates[flow] = 0;
            if (!active[flow])
                continue;
            foreach (int link in set.LinksOf(flow))
                _first[link + 1]++;
        }

        for (int link = 0; link < links; link++)
            _first[link + 1] += _first[link];
        for (int flow = 0; flow < flows; flow++)
        {
            if (!active[flow])
                continue;
            ReadOnlySpan<int> crossed = set.LinksOf(flow);
            ReadOnlySpan<double> weights = set.WeightsOf(flow);
            for (int index = 0; index < crossed.Length; index++)
            {
                int link = crossed[index];
                _flowOf[_first[link] + _open[link]++] = flow;
                _weight[link] += weights[index];
            }

            rates[flow] = -1;
        }

        _heapCount = 0;
        for (int link = 0; link < links; link++)
        {
            if (_open[link] > 0)
                Push(_left[link] / _weight[link], link);
        }

        while (_heapCount > 0)
        {
            double key = _heapKey[0];
            int link = Pop();
            if (_open[link] == 0)
                continue;

            // A share only grows as flows settle below it: a stale key is too small, never too large.
            double share = Math.Max(0, _left[link]) / _weight[link];
            if (share > key * (1 + 1e-12))
            {
                Push(share, link);
                continue;
            }

            for (int at = _first[link]; at < _first[link + 1]; at++)
            {
                int flow = _flowOf[at];
                if (rates[flow] >= 0)
                    continue;
                rates[flow] = share;
                ReadOnlySpan<int> crossed = set.LinksOf(flow);
                ReadOnlySpan<double> weights = set.WeightsOf(flow);
                for (int index = 0; index < crossed.Length; index++)
                {
                    int other = crossed[index];
                    _left[other] -= weights[index] * share;
                    _weight[other] -= weights[index];
                    _open[other]--;
                }
            }
        }
    }

    private void Prepare(int links, int crossings)
    {
        if (_left.Length < links)
        {
            _left = new double[links];
            _weight = new double[links];
            _open = new int[links];
            _first = new int[links + 1];
        }

        if (_heapKey.Length < links + 1)
        {
            _heapKey = new double[links + 1];
            _heapLink = new int[links + 1];
        }

        if (_flowOf.Length < crossings)
            _flowOf = new int[crossings];
    }

    // A binary heap by (share, number of the link): ties are settled in the order of numbers, the same in every run.
    private void Push(double key, int link)
    {
        int hole = _heapCount++;
        while (hole > 0)
        {
            int parent = (hole - 1) / 2;
            if (_heapKey[parent] < key || (_heapKey[parent] == key && _heapLink[parent] < link))
                break;
            _heapKey[hole] = _heapKey[parent];
            _heapLink[hole] = _heapLink[parent];
            hole = parent;
        }

        _heapKey[hole] = key;
        _heapLink[hole] = link;
    }

    private int Pop()
    {
        int top = _heapLink[0];
        double key = _heapKey[--_heapCount];
        int link = _heapLink[_heapCount];
        int hole = 0;
        while (true)
        {
            int child = (2 * hole) + 1;
            if (child >= _heapCount)
                break;
            if (child + 1 < _heapCount && IsBefore(child + 1, child))
                child++;
            if (key < _heapKey[child] || (key == _heapKey[child] && link < _heapLink[child]))
                break;
            _heapKey[hole] = _heapKey[child];
            _heapLink[hole] = _heapLink[child];
            hole = child;
        }

        _heapKey[hole] = key;
        _heapLink[hole] = link;
        return top;
    }

    private bool IsBefore(int left, int right) =>
        _heapKey[left] < _heapKey[right] || (_heapKey[left] == _heapKey[right] && _heapLink[left] < _heapLink[right]);
}
