// The compiled half of Boost.Beast (with BOOST_BEAST_SEPARATE_COMPILATION the headers hold declarations only).
#include <boost/beast/src.hpp>
